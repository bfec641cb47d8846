"""What is expected: nobody is told of it any more unless it exceeds its usual. A silence, and a policy that lasts as
long. And what Mendline proposes for that: alerts on which nobody ever acted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mendline.errors import MendlineError, UsageError
from mendline.model.incident import Incident
from mendline.model.policy import Policy
from mendline.model.told import MOST_NAME
from mendline.query import read_query
from mendline.query.spelling import quoted, value_text

EXPECTED = "expected"
"""The origin of policies that watch for more than is expected."""
MOST_DAYS = 365
TIMES = 2
_LEAST = 4
_IGNORED_OFTEN = 3


@dataclass(frozen=True, slots=True)
class Expected:
    """What is silenced (a policy on functions, or a query), and the policy that tells of more than usual."""

    policy: str
    function: str
    query: str
    beyond: Policy


def expected_error(error_type: str, message: str, functions: Sequence[str]) -> Expected:
    """Of an error in these functions."""
    what = f"error.type:{value_text(error_type)}" if error_type else f"error.message:{quoted(message[:200])}"
    names = ", ".join(value_text(name) for name in functions)
    where = f" function in ({names})" if functions else ""
    query = f"{what}{where}"
    text = f"{query} | count() | over 10m | where count() > {TIMES}x usual and count() > {_LEAST}"
    of = f" of {', '.join(functions)}" if functions else ""
    return Expected("", "", query, _beyond(f"{error_type or message}{of}", text))


def expected_alert(policy: Policy, functions: Sequence[str]) -> Expected:
    """Of what a policy tells about a function, where that is what it groups by; else of all that it tells. Raises
    UsageError where it goes by what is usual already."""
    asked = read_query(policy.query).plan
    head, found, condition = policy.query.rpartition("| where ")
    if "usual" in condition:
        raise UsageError(
            f"The policy '{policy.name}' tells only of what exceeds its usual already. Silence it, or change its query."
        )
    if not found or not asked.columns:
        raise UsageError(f"The policy '{policy.name}' compares no number that could have a usual.")
    by_function = any(key.name == "function" for key in asked.keys)
    function = functions[0] if by_function and len(functions) == 1 else ""
    text = f"{head}| where {asked.columns[0].name} > {TIMES}x usual"
    of = f" of {function}" if function else ""
    return Expected(policy.name, function, "", _beyond(f"{policy.name}{of}", _only(text, function), policy))


def _only(text: str, function: str) -> str:
    """The query for this function alone, where its rows have one."""
    if not function:
        return text
    rows, pipe, rest = text.partition("|")
    narrowed = f"{rows}function:{value_text(function)} {pipe}{rest}"
    try:
        return read_query(narrowed).text
    except MendlineError:
        return text


def _beyond(label: str, text: str, of: Policy | None = None) -> Policy:
    name = f"More than expected: {' '.join(label.split()).replace('/', ' ')}"[:MOST_NAME]
    base = of or Policy("", "")
    return replace(base, name=name, query=read_query(text).text, every_s=max(60, base.every_s), origin=EXPECTED)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A policy whose incidents ended by themselves, and nobody did anything about any of them."""

    policy: str
    times: int
    messages: int
    newest: int


def ignored(incidents: Sequence[Incident]) -> tuple[Ignored, ...]:
    """Of those given, policies that fired often enough for that to mean something; most messages first."""
    by_policy: dict[str, list[Incident]] = {}
    for one in incidents:
        for name in one.policies:
            by_policy.setdefault(name, []).append(one)
    found = [
        Ignored(name, len(its), sum(one.notifications for one in its), max(one.id for one in its))
        for name, its in by_policy.items()
        if len(its) >= _IGNORED_OFTEN and not any(was_acted_on(one) or one.is_open for one in its)
    ]
    return tuple(sorted(found, key=lambda one: (-one.messages, -one.times, one.policy)))


def was_acted_on(incident: Incident) -> bool:
    """Whether a person did something about it."""
    return incident.acknowledged is not None or bool(incident.mended_by) or incident.was_right is not None
