"""A policy: what is watched for, how bad it is, and who is told. And a receiver: where they are told."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from mendline.errors import UsageError

SEVERITIES = ("info", "warning", "critical")
RECEIVER_TYPES = (
    "slack", "email", "webhook", "pagerduty", "opsgenie", "teams", "sns", "eventbridge", "alertmanager",
)  # fmt: skip
REFERENCES = ("env:", "file:")
MOST_NAME, MOST_TEXT, MOST_LISTED = 100, 8_000, 20
_LEAST_EVERY_S, _MOST_EVERY_S, _MOST_QUIET_S = 10, 86_400, 30 * 86_400
_DURATION = re.compile(r"(\d{1,6})(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Policy:
    """`query` has the condition, the window, `for` and the grouping. Evaluated every `every_s` seconds; after a message
    of a group, quiet for `quiet_s`. `notify` names receivers (none: all that take what names none; of severity `info`
    nobody). `runbook` is Markdown or a URL. On functions that fit `critical`, a failure counts though it is tried
    again. `active` is empty, or HH:MM-HH:MM in UTC outside of which nothing fires. `origin`: supplied, file, ui."""

    name: str
    query: str
    severity: str = "warning"
    every_s: int = 10
    quiet_s: int = 7200
    notify: tuple[str, ...] = ()
    runbook: str = ""
    owner: str = ""
    enabled: bool = True
    critical: tuple[str, ...] = ()
    active: str = ""
    tags: tuple[str, ...] = ()
    origin: str = "ui"

    def is_active(self, minute: int) -> bool:
        """Whether it may fire at this minute of the day (UTC)."""
        found = _HOURS.fullmatch(self.active)
        if not found:
            return True
        first, last = (int(found[at]) * 60 + int(found[at + 1]) for at in (1, 3))
        return first <= minute < last if first <= last else not last <= minute < first


@dataclass(frozen=True, slots=True)
class Receiver:
    """`options` are the fields of its type, such as `url`. Whatever is secret in it is a reference: `env:NAME` or
    `file:PATH`. `default`: it takes what policies tell that name no receiver."""

    name: str
    type: str
    options: Mapping[str, Any]
    default: bool = True
    least: str = "info"
    allow_private: bool = False


def read_policy(told: Mapping[str, Any], origin: str) -> Policy:
    """A policy from what a file, a form or a request says; the query is not checked here. Raises UsageError."""
    known = (*(field.name for field in fields(Policy)), "every", "quiet")
    hidden = ("every_s", "quiet_s", "origin")
    _require_known(told, [name for name in known if name not in hidden], "A policy")
    name = _text(told, "name", MOST_NAME, required=True)
    active = _text(told, "active", 11)
    if active and not _HOURS.fullmatch(active):
        raise UsageError(f"active is '{active}'; write hours of the day in UTC, such as 08:00-18:00.")
    return Policy(
        name=_named(name),
        query=_text(told, "query", MOST_TEXT, required=True),
        severity=_one_of(told, "severity", SEVERITIES, "warning"),
        every_s=_seconds(told, "every", 10, _LEAST_EVERY_S, _MOST_EVERY_S),
        quiet_s=_seconds(told, "quiet", 7200, 0, _MOST_QUIET_S),
        notify=_texts(told, "notify"),
        runbook=_text(told, "runbook", MOST_TEXT),
        owner=_text(told, "owner", MOST_NAME),
        enabled=_flag(told, "enabled", default=True),
        critical=_texts(told, "critical"),
        active=active,
        tags=_texts(told, "tags"),
        origin=origin,
    )


def read_receiver(told: Mapping[str, Any]) -> Receiver:
    """A receiver, likewise. What its type needs is known to alerting/receivers. Raises UsageError."""
    name = _named(_text(told, "name", MOST_NAME, required=True))
    kind = _one_of(told, "type", RECEIVER_TYPES, "")
    own = ("name", "type", "default", "least", "allow_private")
    return Receiver(
        name=name,
        type=kind,
        options={key: value for key, value in told.items() if key not in own},
        default=_flag(told, "default", default=True),
        least=_one_of(told, "least", SEVERITIES, "info"),
        allow_private=_flag(told, "allow_private", default=False),
    )


def policy_document(policy: Policy) -> dict[str, Any]:
    """A policy as `read_policy` reads it; what is as it is by default is left out."""
    told: dict[str, Any] = {"name": policy.name, "query": policy.query, "severity": policy.severity}
    told |= {"every": duration_text(policy.every_s), "quiet": duration_text(policy.quiet_s)}
    for name in ("notify", "critical", "tags"):
        if getattr(policy, name):
            told[name] = list(getattr(policy, name))
    for name in ("runbook", "owner", "active"):
        if getattr(policy, name):
            told[name] = getattr(policy, name)
    return told if policy.enabled else {**told, "enabled": False}


def policy_shown(policy: Policy) -> dict[str, Any]:
    """A policy with everything that is known of it, as pages and the API tell it."""
    empty = {"notify": [], "critical": [], "tags": [], "runbook": "", "owner": "", "active": ""}
    return {**empty, **policy_document(policy), "enabled": policy.enabled, "origin": policy.origin}


def receiver_document(receiver: Receiver) -> dict[str, Any]:
    """A receiver as `read_receiver` reads it."""
    told = {"name": receiver.name, "type": receiver.type, **receiver.options}
    shown = {"default": receiver.default, "least": receiver.least, "allow_private": receiver.allow_private}
    usual = {"default": True, "least": "info", "allow_private": False}
    return told | {name: value for name, value in shown.items() if value != usual[name]}


def duration_text(seconds: int) -> str:
    """Seconds as files write them: 10s, 2h."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds // _SECONDS[unit]}{unit}"
    return f"{seconds}s"


def severity_rank(severity: str) -> int:
    """How bad it is: 0 for the least."""
    return SEVERITIES.index(severity)


def _require_known(told: Mapping[str, Any], known: Sequence[str], what: str) -> None:
    for key in told:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, 1)
            hint = f"Did you mean '{near[0]}'?" if near else f"It has {', '.join(known)}."
            raise UsageError(f"{what} has no '{str(key)[:40]}'. {hint}")


def _named(name: str) -> str:
    if not name.isprintable() or "/" in name or name != " ".join(name.split()):
        raise UsageError(f"'{name}' is no name here: no slash, no line break, no space at an end or twice.")
    return name


def _text(told: Mapping[str, Any], name: str, most: int, *, required: bool = False) -> str:
    value = told.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value.strip()):
        raise UsageError(f"{name} is {'missing' if value is None else 'to be a text that is not empty'}.")
    if len(value) > most:
        raise UsageError(f"{name} has {len(value):,} characters; {most:,} fit.")
    return value.strip()


def _texts(told: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = told.get(name)
    items = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(items, list) or not all(isinstance(item, str) and 0 < len(item) <= MOST_NAME for item in items):
        raise UsageError(f"{name} is to be a list of names.")
    if len(items) > MOST_LISTED:
        raise UsageError(f"{name} has {len(items)} names; {MOST_LISTED} fit.")
    return tuple(dict.fromkeys(items))


def _one_of(told: Mapping[str, Any], name: str, known: Sequence[str], default: str) -> str:
    value = told.get(name, default)
    if value in known:
        return str(value)
    near = difflib.get_close_matches(str(value), known, 1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
    said = f"'{str(value)[:40]}'" if value else "missing"
    raise UsageError(f"{name} is {said}. {hint}")


def _flag(told: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = told.get(name, default)
    if not isinstance(value, bool):
        raise UsageError(f"{name} is to be true or false.")
    return value


def _seconds(told: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = told.get(name)
    if value is None:
        return default
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise UsageError(f"{name} is '{str(value)[:40]}'; write a duration with its unit, such as 10s or 2h.")
    seconds = int(found[1]) * _SECONDS[found[2]]
    if not least <= seconds <= most:
        raise UsageError(f"{name} is {value}; it must be {duration_text(least)} to {duration_text(most)}.")
    return seconds
