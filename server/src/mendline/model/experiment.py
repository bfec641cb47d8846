"""A chaos experiment: what is expected to hold, how that is seen, what is broken meanwhile, and when it is stopped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mendline.errors import UsageError
from mendline.model.fault import Fault, fault_document, read_fault
from mendline.model.told import (
    MOST_NAME,
    MOST_TEXT,
    duration_text,
    flag,
    named,
    one_of,
    require_known,
    seconds,
    text,
    texts,
)

MOST_DURATION_S = 3600  # agents refuse what lasts longer
MOST_CALLS = 1_000_000
HELD, BROKEN, UNKNOWN = "held", "broken", "could not tell"
INVOCATION = "invocation"
_FUNCTION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_TYPE = re.compile(r"[a-z0-9_.*-]{1,30}", re.ASCII)
_MOST_PATTERN = 120


@dataclass(frozen=True, slots=True)
class Target:
    """What is struck: of every call of `function` (of one `version`, or of all) whose resource fits `type`, `name` and
    `operation` (patterns with * and ?; type `invocation`: the handler itself), and whose invocation has the tag if one
    is told, `percent` of a hundred, and never more than `maximum` in all."""

    function: str
    type: str = "*"
    name: str = "*"
    operation: str = "*"
    version: str = ""
    tag: tuple[str, str] | None = None
    percent: float = 100.0
    maximum: int = 1000

    @property
    def resource(self) -> str:
        """What is struck, in words."""
        if self.type == INVOCATION:
            return self.function
        told = [part for part in (self.type, self.name, self.operation) if part != "*"]
        return " / ".join(told) or "everything that is called"


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is to come of it, beside the hypothesis, which is to be `hypothesis`; None and "": not looked at. `alert`:
    whether a policy tells of it, `within_s` seconds; `cause`: what is named as cause; `fallback`: whether invocations
    were degraded or buffered."""

    hypothesis: str = HELD
    alert: bool | None = None
    within_s: int = 0
    cause: str = ""
    fallback: bool | None = None


@dataclass(frozen=True, slots=True)
class Experiment:
    """`steady_state` and `abort` are queries with a condition: the one holds as long as all is well, the other stops
    the experiment once it holds. `before_s` and `after_s` are how long the steady state is looked at before and after.
    `notify` names receivers that are told of start and end. `alert_people`: policies see what the experiment does and
    tell people; else they are asked only afterwards, what they would have said. `origin`: file or ui."""

    name: str
    hypothesis: str
    steady_state: str
    target: Target
    fault: Fault
    abort: str
    duration_s: int = 300
    before_s: int = 300
    after_s: int = 120
    notify: tuple[str, ...] = ()
    alert_people: bool = False
    expect: Expectation = Expectation()
    owner: str = ""
    origin: str = "ui"

    @property
    def words(self) -> str:
        """What happens to what."""
        of = "" if self.target.type == INVOCATION else f" of {self.target.function}"
        return f"{self.target.resource}{of} {self.fault.words}"


def read_experiment(told: Mapping[str, Any], origin: str) -> Experiment:
    """An experiment from what a file, a form or a request says; its queries are not checked here. Raises UsageError."""
    hidden = ("duration_s", "before_s", "after_s", "origin")
    known = [it.name for it in fields(Experiment) if it.name not in hidden]
    require_known(told, (*known, "duration", "before", "after"), "An experiment")
    name = named(text(told, "name", MOST_NAME, required=True))
    fault = read_fault(told.get("fault"))
    return Experiment(
        name=name,
        hypothesis=text(told, "hypothesis", MOST_TEXT, required=True),
        steady_state=text(told, "steady_state", MOST_TEXT, required=True),
        target=_target(told.get("target"), fault),
        fault=fault,
        abort=text(told, "abort", MOST_TEXT, required=True),
        duration_s=seconds(told, "duration", 300, 10, MOST_DURATION_S),
        before_s=seconds(told, "before", 300, 10, 3600),
        after_s=seconds(told, "after", 120, 10, 3600),
        notify=texts(told, "notify"),
        alert_people=flag(told, "alert_people", default=False),
        expect=_expectation(told.get("expect")),
        owner=text(told, "owner", MOST_NAME),
        origin=origin,
    )


def experiment_document(one: Experiment) -> dict[str, Any]:
    """An experiment as `read_experiment` reads it; what is as it is by default is left out."""
    target = {name: getattr(one.target, name) for name in ("function", "version", "type", "name", "operation")}
    told_target: dict[str, Any] = {name: value for name, value in target.items() if value not in ("", "*")}
    if one.target.tag:
        told_target["tag"] = dict(zip(("key", "value"), one.target.tag, strict=True))
    percent = one.target.percent
    told_target |= {"percent": int(percent) if percent.is_integer() else percent, "maximum": one.target.maximum}
    told: dict[str, Any] = {
        "name": one.name,
        "hypothesis": one.hypothesis,
        "steady_state": one.steady_state,
        "target": told_target,
        "fault": fault_document(one.fault),
        "abort": one.abort,
        "duration": duration_text(one.duration_s),
        "before": duration_text(one.before_s),
        "after": duration_text(one.after_s),
    }
    if one.notify:
        told["notify"] = list(one.notify)
    if one.alert_people:
        told["alert_people"] = True
    expected = _expected(one.expect)
    if expected:
        told["expect"] = expected
    return {**told, "owner": one.owner} if one.owner else told


def _expected(expect: Expectation) -> dict[str, Any]:
    told: dict[str, Any] = {"hypothesis": expect.hypothesis} if expect.hypothesis != HELD else {}
    told |= {name: getattr(expect, name) for name in ("alert", "fallback") if getattr(expect, name) is not None}
    if expect.within_s:
        told["within"] = duration_text(expect.within_s)
    return {**told, "cause": expect.cause} if expect.cause else told


def _target(told: Any, fault: Fault) -> Target:
    if not isinstance(told, Mapping):
        raise UsageError("target is to be an object, such as {function: checkout, type: dynamodb, name: orders}.")
    require_known(told, [it.name for it in fields(Target)], "A target")
    function = text(told, "function", 200, required=True)
    if not _FUNCTION.fullmatch(function):
        raise UsageError(f"target.function is '{function[:64]}'; it is one function's name: letters, digits, - and _.")
    type_ = text(told, "type", 30) or (INVOCATION if fault.is_whole else "*")
    if not _TYPE.fullmatch(type_):
        raise UsageError(f"target.type is '{type_}'; it is such as dynamodb, sqs, http, redis, aws, invocation or *.")
    if (type_ == INVOCATION) != fault.is_whole:
        what = "the invocation itself" if fault.is_whole else "a call"
        raise UsageError(f"fault {fault.kind} strikes {what}; target.type is '{type_}'.")
    patterns = {name: text(told, name, _MOST_PATTERN) or "*" for name in ("name", "operation")}
    for name, pattern in patterns.items():
        if "[" in pattern or not pattern.isprintable():
            raise UsageError(f"target.{name} is '{pattern}'; a pattern has letters, * and ?.")
    return Target(
        function=function,
        type=type_,
        name=patterns["name"],
        operation=patterns["operation"],
        version=_version(told.get("version")),
        tag=_tag(told.get("tag")),
        percent=_percent(told.get("percent", 100)),
        maximum=_maximum(told.get("maximum", 1000)),
    )


def _version(value: Any) -> str:
    said = "" if value is None else str(value)
    if said and said != "$LATEST" and not (said.isascii() and said.isdigit() and len(said) < 10):
        raise UsageError(f"target.version is '{said[:20]}'; it is a number or $LATEST, or left out for all versions.")
    return said


def _tag(told: Any) -> tuple[str, str] | None:
    if told is None:
        return None
    if not isinstance(told, Mapping) or set(told) != {"key", "value"}:
        raise UsageError("target.tag is to be {key: NAME, value: TEXT}.")
    return text(told, "key", MOST_NAME, required=True), text(told, "value", MOST_NAME, required=True)


def _percent(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= 100:
        raise UsageError("target.percent is to be a number, more than 0 and at most 100.")
    return float(value)


def _maximum(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MOST_CALLS:
        raise UsageError(f"target.maximum is to be a whole number, 1 to {MOST_CALLS:,}: how many calls at most.")
    return value


def _expectation(told: Any) -> Expectation:
    if told is None:
        return Expectation()
    if not isinstance(told, Mapping):
        raise UsageError("expect is to be an object, such as {alert: true, within: 2m, fallback: true}.")
    require_known(told, ("hypothesis", "alert", "within", "cause", "fallback"), "expect")
    return Expectation(
        hypothesis=one_of(told, "hypothesis", (HELD, BROKEN), HELD),
        alert=flag(told, "alert", default=False) if "alert" in told else None,
        within_s=seconds(told, "within", 0, 10, 3600),
        cause=text(told, "cause", MOST_NAME),
        fallback=flag(told, "fallback", default=False) if "fallback" in told else None,
    )
