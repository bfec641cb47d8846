"""Queues and streams, from the metrics that CloudWatch tells of them and the configuration that AWS tells."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mendline.insight.architecture import source_name
from mendline.insight.moments import from_ns, range_parameters, to_ns
from mendline.model.backlog import DEFAULT_RETENTION_S, Backlog, Consumer, FailingRecord, Shard
from mendline.model.configuration import facts_of
from mendline.model.slope import Slope, sen_slope
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

TREND_SLICES = 60
_DAY_NS = 86_400 * 10**9
_LEAST_POINTS = 3  # for a slope
_DEPTHS, _DEAD = "sqs.messages_visible", "dlq.messages_visible"
_IN = {"sqs": "sqs.messages_sent", "kinesis": "kinesis.records_in"}
_OUT = {"sqs": "sqs.messages_deleted", "kinesis": "kinesis.records_out"}
_AGES = ("kinesis.iterator_age", "dynamodb_streams.iterator_age", "lambda.iterator_age")
_AGE, _FLIGHT, _CONCURRENCY = "sqs.age_of_oldest_message", "sqs.messages_in_flight", "lambda.concurrency"
METRICS = (_DEPTHS, _DEAD, *_IN.values(), *_OUT.values(), *_AGES, _AGE, _FLIGHT, _CONCURRENCY)
_Row = Mapping[str, Any]
_Thing = tuple[str, str]


def list_backlogs(store: TelemetryStore, time_range: TimeRange) -> tuple[Backlog, ...]:
    """Every queue and stream of which a metric tells in the range, by type and name."""
    parameters = range_parameters(time_range)
    rows = store.select("backlog_metrics", {**parameters, "names": list(METRICS), "slices": TREND_SLICES})
    if not rows:
        return ()
    consumers = _consumers(store, parameters)
    series = _series(rows, consumers)
    since = {**parameters, "start_ns": to_ns(time_range.end) - 3 * _DAY_NS}  # what does not change is told once a day
    facts = {(row["type"], row["name"]): facts_of(row["body"]) for row in store.select("backlog_configurations", since)}
    at_once = {row["function"]: row["last"] for row in rows if row["metric"] == _CONCURRENCY and row["function"]}
    failing = _failing(store, parameters)
    shards = _shards(store, parameters) if any(type_ == "kinesis" for type_, _ in series) else {}
    return tuple(
        replace(
            _backlog(
                thing, told, facts.get(thing, {}), [Consumer(it, at_once.get(it)) for it in consumers.get(thing, ())]
            ),
            failing=failing.get(thing),
            shards=tuple(shards.get(thing, ())),
        )
        for thing, told in sorted(series.items())
    )


def _failing(store: TelemetryStore, parameters: Mapping[str, int]) -> dict[_Thing, FailingRecord]:
    return {
        (row["trigger"], source_name(row["source"])): FailingRecord(
            row["record"], row["tries"], from_ns(row["last_ns"]), row["trace"], row["span"]
        )
        for row in store.select("records_failing", parameters)
    }


def _shards(store: TelemetryStore, parameters: Mapping[str, int]) -> dict[_Thing, list[Shard]]:
    found: dict[_Thing, list[Shard]] = {}
    for row in store.select("shard_ages", parameters):
        shard = Shard(row["shard"], max(0.0, row["age_ms"] / 1e3), from_ns(row["last_ns"]))
        found.setdefault(("kinesis", source_name(row["source"])), []).append(shard)
    return found


def _consumers(store: TelemetryStore, parameters: Mapping[str, int]) -> dict[_Thing, list[str]]:
    """The functions that were invoked by each queue or stream."""
    found: dict[_Thing, list[str]] = {}
    for row in store.select("invoked_by", parameters):
        if row["trigger"] in DEFAULT_RETENTION_S:
            functions = found.setdefault((row["trigger"], source_name(row["source"])), [])
            if row["function"] not in functions:
                functions.append(row["function"])
    return found


def _series(rows: Sequence[_Row], consumers: Mapping[_Thing, Sequence[str]]) -> dict[_Thing, dict[str, _Row]]:
    """By queue or stream, its rows by metric. The age of a table's stream is told of the function that reads it."""
    tables = {
        function: thing for thing, functions in consumers.items() if thing[0] == "dynamodb" for function in functions
    }
    found: dict[_Thing, dict[str, _Row]] = {}
    for row in rows:
        if row["queue"]:
            found.setdefault(("sqs", row["queue"]), {})[row["metric"]] = row
        elif row["stream"]:
            found.setdefault(("kinesis", row["stream"]), {})[row["metric"]] = row
        elif row["metric"] in _AGES and row["function"] in tables:
            found.setdefault(tables[row["function"]], {})[row["metric"]] = row
    return found


def _backlog(thing: _Thing, told: Mapping[str, _Row], facts: Mapping[str, Any], consumers: list[Consumer]) -> Backlog:
    type_, name = thing
    depth = told.get(_DEPTHS) or told.get(_DEAD)
    age = told.get(_AGE) or next((told[metric] for metric in _AGES if metric in told), None)
    unit = 1.0 if type_ == "sqs" else 1e-3
    shown = depth or age
    retention = facts.get("retention_s") or _hours(facts.get("retention_h"))
    return Backlog(
        type=type_,
        name=name,
        depth=depth["last"] if depth else None,
        in_flight=told[_FLIGHT]["last"] if _FLIGHT in told else None,
        age_s=age["last"] * unit if age else None,
        age_slope=_slope(age, unit),
        in_per_s=_rate(told.get(_IN.get(type_, ""))),
        out_per_s=_rate(told.get(_OUT.get(type_, ""))),
        retention_s=float(retention or DEFAULT_RETENTION_S[type_]),
        retention_known=bool(retention) or type_ == "dynamodb",
        takes_dead_letters=_DEAD in told,
        dead_letter_queue=source_name(str(facts.get("dead_letter_queue") or "")),
        max_receives=int(facts.get("max_receives") or 0),
        consumers=tuple(consumers),
        trend=tuple((shown["trend"].get(slice_) if shown else None) for slice_ in range(TREND_SLICES)),
        depth_grows=_grows(depth, 1.0),
        age_grows=_grows(age, unit),
        last=from_ns(max(row["last_ns"] for row in told.values())),
    )


def _hours(value: Any) -> float:
    return value * 3600.0 if isinstance(value, (int, float)) else 0.0


def _slope(row: _Row | None, unit: float) -> float | None:
    if row is None or row["points"] < _LEAST_POINTS or not math.isfinite(row["slope"]):
        return None
    slope: float = row["slope"] * unit
    return slope


def _grows(row: _Row | None, unit: float) -> Slope | None:
    return sen_slope([(at, value * unit) for at, value in row["recent_values"]]) if row else None


def _rate(row: _Row | None) -> float | None:
    """How many a second: the sum over the time that the points are of; the last is taken to last as the others do."""
    if row is None or not row["points"]:
        return None
    spanned = (row["recent_last_ns"] - row["recent_first_ns"]) / 1e9
    period = spanned / (row["points"] - 1) if row["points"] > 1 and spanned else 60.0
    rate: float = row["total"] / (period * row["points"])
    return rate
