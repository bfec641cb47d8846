"""How functions, queues, streams and tables are configured, as the AWS readers told it in the last days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mendline.insight.moments import from_ns, to_ns
from mendline.insight.retry_limits import TOLD_WITHIN_NS
from mendline.model.backlog import DEFAULT_RETENTION_S
from mendline.model.configuration import facts_of
from mendline.model.retry_limit import (
    ASYNCHRONOUS_ATTEMPTS,
    RetryLimit,
    asynchronous_limit,
    queue_limit,
    stream_limit,
)
from mendline.store.contract import TelemetryStore

Facts = Mapping[str, Any]
_ASYNCHRONOUS = RetryLimit(ASYNCHRONOUS_ATTEMPTS)


@dataclass(frozen=True, slots=True)
class Thing:
    """`facts` as they are now; `changed` says when each was last seen to change, of those that were."""

    type: str
    name: str
    account: str
    region: str
    facts: Facts
    changed: Mapping[str, datetime] = field(default_factory=dict)

    def since(self, *names: str) -> datetime | None:
        """When one of these facts last changed; None where none did as far back as is looked."""
        return max((self.changed[name] for name in names if name in self.changed), default=None)

    def mappings(self) -> Sequence[Facts]:
        """The event-source mappings of a function; () where they are not known."""
        found = self.facts.get("event_sources")
        return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else ()


class Things:
    """All of them, by type and name; of several places that have one of that name, any."""

    def __init__(self, things: Sequence[Thing]) -> None:
        self.all = tuple(things)
        self._by_name = {(one.type, one.name): one for one in things}

    @classmethod
    def of(cls, store: TelemetryStore, now: datetime) -> Things:
        """As far as it was told by then."""
        end_ns = to_ns(now)
        rows = store.select("things", {"start_ns": end_ns - TOLD_WITHIN_NS, "end_ns": end_ns})
        return cls([_thing(row) for row in rows])

    def get(self, type_: str, name: str) -> Thing | None:
        """One of them; None where nothing was told of it."""
        return self._by_name.get((type_, name))

    def facts(self, type_: str, name: str) -> Facts:
        """The facts of one of them; none where nothing was told of it."""
        found = self.get(type_, name)
        return found.facts if found else {}

    def of_type(self, type_: str) -> Iterator[Thing]:
        """All of a type."""
        return (one for one in self.all if one.type == type_)

    def limit(self, type_: str, name: str, function: str) -> RetryLimit | None:
        """How often what comes from a queue, a stream or a topic is tried; None where nothing says it. Asynchronous
        events are tried three times unless fewer are configured."""
        try:
            if type_ == "sqs":
                found = queue_limit(self.facts(type_, name))
                return None if found is not None and found.attempts is None else found
            facts = self.facts("lambda", function)
            if type_ in ("kinesis", "dynamodb"):
                return stream_limit(facts, name)
            return asynchronous_limit(facts, "") or _ASYNCHRONOUS
        except (AttributeError, TypeError):  # not as the readers write it
            return None

    def given_up_to(self, type_: str, name: str, function: str) -> str:
        """Where what was tried often enough goes; '' where nothing says so."""
        if type_ == "sqs":
            return last_of(self.facts(type_, name).get("dead_letter_queue"))
        function_facts = self.get("lambda", function)
        if function_facts is None:
            return ""
        if type_ in ("kinesis", "dynamodb"):
            return next((last_of(one.get("on_failure")) for one in function_facts.mappings() if is_of(one, name)), "")
        return asynchronous_failures_go_to(function_facts.facts)

    def given_up_by(self, queue: str) -> tuple[str, ...]:
        """The functions that could not process what lies in a dead-letter queue: those that take from the queues before
        it, and those that have it for events that failed."""
        before = {one.name for one in self.of_type("sqs") if last_of(one.facts.get("dead_letter_queue")) == queue}
        found = []
        for function in self.of_type("lambda"):
            takes = any(last_of(one.get("source")) in before for one in function.mappings())
            gives = any(last_of(one.get("on_failure")) == queue for one in function.mappings())
            if takes or gives or asynchronous_failures_go_to(function.facts) == queue:
                found.append(function.name)
        return tuple(sorted(found))

    def retention_s(self, type_: str, name: str) -> float:
        """How long it keeps what nobody takes; AWS's default where its configuration is not known."""
        facts = self.facts(type_, name)
        hours = facts.get("retention_h")
        told = facts.get("retention_s") or (hours * 3600 if isinstance(hours, (int, float)) else None)
        return float(told or DEFAULT_RETENTION_S[type_])


def asynchronous_failures_go_to(function: Facts) -> str:
    """Where asynchronous events of a function go that failed for good; '' where nowhere, or not known."""
    configured = function.get("async")
    named = [one.get("on_failure") for one in configured.values()] if isinstance(configured, Mapping) else []
    return next((last_of(one) for one in (*named, function.get("dead_letter_target")) if one), "")


def is_of(mapping: Facts, name: str) -> bool:
    """Whether an event-source mapping is of this queue, stream or table."""
    arn = str(mapping.get("source") or "")
    return name in (arn.rpartition(":")[2], *arn.partition("/")[2].split("/")[:1])


def last_of(arn: object) -> str:
    """The name at the end of an ARN."""
    return str(arn or "").rpartition(":")[2]


def _thing(row: Mapping[str, Any]) -> Thing:
    facts: dict[str, Any] = {}
    changed: dict[str, datetime] = {}
    for at_ns, is_change, body in row["told_of_it"]:
        told = facts_of(body)
        if is_change:
            changed |= {name: from_ns(at_ns) for name, value in told.items() if facts.get(name, value) != value}
        facts |= told
    place = {name: row[name] for name in ("type", "name", "account", "region")}
    return Thing(**place, facts=facts, changed=changed)
