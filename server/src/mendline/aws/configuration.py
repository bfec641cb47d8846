"""Configuration as data, and what differs between two sightings of it. Pure.

The facts of a thing are JSON values under our names. A fact that is not in them is not known (AWS did not allow to
read it, or it was not read yet), which is why only facts that both sightings have can differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Facts = Mapping[str, Any]

# Facts that tell about a thing without being its configuration, or that follow from other facts.
_NOT_CONFIGURATION = frozenset(
    {"arn", "code_bytes", "dead_letter_of", "event_sources_modified", "last_modified", "url"}
)
_KINDS = {
    "aliases": "deployment",
    "architecture": "deployment",
    "code_sha256": "deployment",
    "exists": "deployment",
    "handler": "deployment",
    "image": "deployment",
    "package_type": "deployment",
    "version": "deployment",
    "memory_mb": "memory",
    "timeout_s": "timeout",
    "visibility_timeout_s": "timeout",
    "environment": "environment",
    "runtime": "runtime",
    "runtime_version": "runtime",
    "invoke_permissions": "permission",
    "policy": "permission",
    "role": "permission",
    "role_permissions": "permission",
    "kms_key": "permission",
    "provisioned_concurrency": "concurrency",
    "reserved_concurrency": "concurrency",
    "event_sources": "event_source",
    "layers": "layers",
    "tags": "tags",
}
KINDS = (
    "deployment", "memory", "timeout", "environment", "runtime", "permission", "concurrency", "event_source", "layers",
    "tags", "other",
)  # fmt: skip
_MOST_BYTES = 4000  # an attribute is cut at 4 KiB on its way in


@dataclass(frozen=True, slots=True)
class Thing:
    """A function, queue, stream or table as it was seen.

    `type` is `lambda`, `sqs`, `kinesis` or `dynamodb`. `secrets` are fingerprints of values that are never shown or
    sent (environment variables by name): they only tell that a value is another one.
    """

    type: str
    name: str
    facts: Facts
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells it from every other thing of an account and region."""
        return f"{self.type}:{self.name}"


@dataclass(frozen=True, slots=True)
class Change:
    """What differs, by kind. `before` and `after` hold the facts that differ, and of lists only the differing items."""

    kind: str
    before: Facts
    after: Facts


def changes(before: Thing, after: Thing) -> tuple[Change, ...]:
    """What changed between two sightings of one thing, one `Change` a kind, in the order of `KINDS`."""
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for name in sorted(before.facts.keys() & after.facts.keys()):
        old, new = before.facts[name], after.facts[name]
        if name in _NOT_CONFIGURATION:
            continue
        if name == "environment":
            old, new = _environment(before, after)
        elif name == "tags":
            old, new = _differing(old, new), _differing(new, old)
        elif isinstance(old, list) and isinstance(new, list) and old != new:
            gone, come = _only_in_first(old, new), _only_in_first(new, old)
            old, new = (gone, come) if gone or come else (old, new)  # only the order is another
        if old != new:
            olds, news = found.setdefault(_KINDS.get(name, "other"), ({}, {}))
            olds[name], news[name] = old, new
    return tuple(Change(kind, *found[kind]) for kind in KINDS if kind in found)


def removal(before: Thing) -> Change:
    """The change that a thing undergoes that is not there any more."""
    return Change("deployment" if before.type == "lambda" else "other", {"exists": True}, {"exists": False})


def knows_more(before: Thing, after: Thing) -> bool:
    """Whether facts are known now that were not known before."""
    return bool(after.facts.keys() - before.facts.keys())


def dead_letter_queues(things: Iterable[Thing]) -> dict[str, tuple[str, ...]]:
    """Which queues take what others gave up, and whose: names of queues to names of queues and functions.

    Redrive policies of queues, dead-letter targets and failure destinations of functions, and failure destinations
    of event-source mappings count, as far as the queue is among the things.
    """
    things = tuple(things)
    queues = {str(thing.facts.get("arn")): thing.name for thing in things if thing.type == "sqs"}
    found: dict[str, list[str]] = {}
    for thing in things:
        for arn in _dead_letter_targets(thing.facts):
            if arn in queues:
                found.setdefault(queues[arn], []).append(thing.name)
    return {queue: tuple(sorted(set(names))) for queue, names in found.items()}


def compact(value: Any, most_bytes: int = 0) -> str:
    """JSON text without blanks and with keys in order; over `most_bytes`, lists lose their ends and say so."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    keep = 64
    while most_bytes and len(text.encode()) > most_bytes and keep:
        keep //= 2
        text = json.dumps(_shortened(value, keep), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text


def side_text(facts: Facts) -> str:
    """One side of a change as JSON text that fits an attribute."""
    return compact(facts, _MOST_BYTES)


def _environment(before: Thing, after: Thing) -> tuple[dict[str, str], dict[str, str]]:
    """Names that came, went, or got another value; values themselves are not known here."""
    old, new = set(before.facts["environment"]), set(after.facts["environment"])
    another = {
        name
        for name in old & new
        if name in before.secrets and name in after.secrets and before.secrets[name] != after.secrets[name]
    }
    was = dict.fromkeys(old - new, "set") | dict.fromkeys(another, "a value")
    now = dict.fromkeys(new - old, "set") | dict.fromkeys(another, "another value")
    return was, now


def _differing(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The entries that the second does not have so."""
    return {name: value for name, value in first.items() if name not in second or second[name] != value}


def _only_in_first(first: list[Any], second: list[Any]) -> list[Any]:
    return [item for item in first if item not in second]


def _dead_letter_targets(facts: Facts) -> Iterable[str]:
    yield str(facts.get("dead_letter_queue") or "")
    yield str(facts.get("dead_letter_target") or "")
    yield from (str(entry.get("on_failure") or "") for entry in (facts.get("async") or {}).values())
    yield from (str(mapping.get("on_failure") or "") for mapping in facts.get("event_sources") or ())


def _shortened(value: Any, keep: int) -> Any:
    if isinstance(value, Mapping):
        return {name: _shortened(item, keep) for name, item in value.items()}
    if isinstance(value, list):
        rest = len(value) - keep
        return [_shortened(item, keep) for item in value[:keep]] + ([f"… and {rest} more"] if rest > 0 else [])
    if isinstance(value, str) and len(value) > 16 * keep:
        return value[: 16 * keep] + "…"
    return value
