"""Runs the statement of a plan, with what it needs to know of AWS's configuration beside what is stored of events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendline.insight.retry_limits import TOLD_WITHIN_NS
from mendline.model.configuration import facts_of
from mendline.model.retry_limit import Pushed, RetryLimit, asynchronous_limit, queue_limit, stream_limit
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Statement
from mendline.store.plans.finality import AGES, LIMITED, LIMITS, limit_of

Facts = Mapping[str, Any]
_Limit = tuple[Pushed, str, str, RetryLimit | None]  # of which kind, of what, of which version or stream, how often


def ask(store: TelemetryStore, statement: Statement) -> Sequence[tuple[Any, ...]]:
    """The rows that a statement answers."""
    return store.ask(statement.sql, parameters_of(store, statement))


def ask_columns(store: TelemetryStore, statement: Statement) -> Sequence[Sequence[Any]]:
    """What a statement answers, column by column."""
    return store.ask_columns(statement.sql, parameters_of(store, statement))


def parameters_of(store: TelemetryStore, statement: Statement) -> Mapping[str, Any]:
    """Its parameters: how often events are tried is looked up where it matters."""
    if LIMITED not in statement.parameters:
        return statement.parameters
    limits = _limits(store, statement.parameters["start_ns"])
    told = {name: [*statement.parameters[name]] for name in (LIMITED, LIMITS, AGES)}
    for what, limit in limits.items():
        told[LIMITED].append(what)
        told[LIMITS].append(-1 if limit.attempts is None or limit.splits else limit.attempts)
        told[AGES].append(limit.most_age_s)
    return {**statement.parameters, **told}


def _limits(store: TelemetryStore, start_ns: int) -> dict[str, RetryLimit]:
    """By what is limited (store/plans/finality.py). Who does not know its own place finds any of that name."""
    wanted = {"functions": [], "queues": [], "all": True, "start_ns": start_ns - TOLD_WITHIN_NS}
    found: dict[str, RetryLimit] = {}
    for row in store.select("configurations", wanted):
        facts = facts_of(row["body"])
        try:
            told = [*(_of_queue if row["type"] == "sqs" else _of_function)(row["name"], facts)]
        except (AttributeError, TypeError):  # not as the readers write it
            continue
        for kind, name, which, limit in told:
            for account in ("", row["account"]):
                for region in ("", row["region"]):
                    if limit:
                        found.setdefault(limit_of(kind, account, region, name, which), limit)
    return found


def _of_queue(name: str, facts: Facts) -> Iterator[_Limit]:
    yield Pushed.BY_QUEUE, name, "", queue_limit(facts)


def _of_function(name: str, facts: Facts) -> Iterator[_Limit]:
    configured, aliases = facts.get("async"), facts.get("aliases") or {}
    named = {"", "$LATEST", "*", *(configured or {}), *(str(alias.get("version")) for alias in aliases.values())}
    for version in sorted(named):
        yield Pushed.ASYNCHRONOUSLY, name, version, asynchronous_limit(facts, version)
    mappings = facts.get("event_sources")
    for mapping in mappings if isinstance(mappings, list) else ():
        arn = str(mapping.get("source") or "") if isinstance(mapping, Mapping) else ""
        for source in {arn, *arn.partition("/")[2].split("/")[:1]} - {""}:
            yield Pushed.BY_STREAM, name, source, stream_limit(facts, source)
