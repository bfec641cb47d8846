"""From the bytes of an export request to what may be kept of it: counted, redacted, valid, within limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from mendline.errors import MalformedError
from mendline.ingest.cardinality import NEW_SERIES, Cardinality, Look
from mendline.ingest.limits import LARGE_BYTES, MOST_BUCKETS, Cuts, buckets
from mendline.ingest.parts import Parts, have_valid_ids
from mendline.ingest.redact import Rules, redact
from mendline.ingest.repeated import keep_only
from mendline.ingest.wire import Weight, weigh
from mendline.model.signal import Signal

INVALID_IDS, NO_NAME, BUCKETS, CARDINALITY = "invalid_ids", "no_name", "buckets", "cardinality"
_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)
_NO_RULES = Rules(enabled=False)


@dataclass(frozen=True, slots=True)
class Checked:
    """A request that may be stored: its bytes and its number of records.

    `left_out` counts the records that may not be stored, by reason; `cleared` counts ids of log records that were none;
    `cut` what was over a limit, by kind; `replaced` the secrets, by rule.
    """

    body: bytes
    records: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    cleared: int = 0
    cut: Mapping[str, int] = field(default_factory=dict)
    replaced: Mapping[str, int] = field(default_factory=dict)

    @property
    def rejected(self) -> int:
        """How many records may not be stored."""
        return sum(self.left_out.values())

    @property
    def reason(self) -> str:
        """Why, in sentences; empty if all may."""
        return " ".join(_REASONS[reason] for reason in self.left_out)


def check(
    signal: Signal,
    body: bytes,
    most_records: int,
    rules: Rules = _NO_RULES,
    cardinality: Cardinality | None = None,
) -> Checked:
    """Weigh an Export{Trace,Logs,Metrics}ServiceRequest, as protobuf, and clean it. Raises as these two do."""
    weight = weigh(signal, body, most_records)
    return clean(signal, body, weight, rules, cardinality)


def clean(
    signal: Signal,
    body: bytes,
    weight: Weight,
    rules: Rules = _NO_RULES,
    cardinality: Cardinality | None = None,
) -> Checked:
    """What may be kept of a request that was weighed.

    Spans with an id of the wrong length, or all zeros, and metrics without a name are left out; a log record's wrong
    ids are cleared (they are optional there). New keys and series are limited where `cardinality` is given. Raises
    MalformedError.
    """
    redacted = redact(signal, body, rules)
    cuts = Cuts()
    has_large = weight.largest_bytes >= LARGE_BYTES or bool(redacted.replaced)
    message = _parse(signal, redacted.body)
    if signal == Signal.TRACES and weight.parts and not has_large and _are_ordinary(weight.parts, cardinality):
        return Checked(body, weight.records)
    look = cardinality.look(weight.records, cuts.counts) if cardinality else None
    work = _Work(cuts, look, has_large)
    _BY_SIGNAL[signal](message, work)
    changed = work.left_out or work.cleared or work.cuts
    return Checked(
        message.SerializeToString() if changed else redacted.body,
        (weight.records if work.points is None else work.points) - work.left_out.total(),
        work.left_out,
        work.cleared,
        work.cuts.counts,
        redacted.replaced,
    )


@dataclass(slots=True)
class _Work:
    """What was found on the way through one request. `points` are counted anew: a metric that came twice on the wire
    is merged into one. `has_large`: some record is large enough to be looked at; asking each for its size costs as much
    as all else."""

    cuts: Cuts
    look: Look | None
    has_large: bool
    left_out: Counter[str] = field(default_factory=Counter)
    cleared: int = 0
    points: int | None = None

    def source(self, source: Any) -> None:
        """Limit a resource or a scope."""
        if source.ByteSize() >= LARGE_BYTES:
            self.cuts.resource(source)
        if self.look:
            self.look.at_one(source)


def _parse(signal: Signal, body: bytes) -> Any:
    kind = _REQUESTS[signal]
    message = kind()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        told = str(error)
        cause = next(
            (cause for mark, cause in _CAUSES.items() if mark in told.lower()), "it was cut or is something else"
        )
        raise MalformedError(f"The body is not an {kind.__name__} (OTLP protobuf): {cause}.") from error
    return message


_CAUSES = {  # what the parser says, and what it means to the one who sent it
    "utf-8": "a text in it is not valid UTF-8",
    "depth": "values in it are nested too deeply",
}


def _are_ordinary(parts: Parts, cardinality: Cardinality | None) -> bool:
    """Whether nothing is to be said of these spans, as nearly always: valid ids, nothing large, and known keys."""
    return (
        max(map(len, (*parts.resources, *parts.scopes)), default=0) < LARGE_BYTES
        and have_valid_ids(parts.records)
        and (cardinality is None or cardinality.admits(parts))
    )


def _check_traces(message: Any, work: _Work) -> None:
    for group in message.resource_spans:
        work.source(group.resource)
        for scope in group.scope_spans:
            work.source(scope.scope)
            # in line, not in functions: this is done for every span, and a call costs as much as the rest
            valid = [
                span
                for span in scope.spans
                if len(trace_id := span.trace_id) == 16
                and len(span_id := span.span_id) == 8
                and trace_id != _NO_TRACE
                and span_id != _NO_SPAN
            ]
            if len(valid) < len(scope.spans):
                work.left_out[INVALID_IDS] += len(scope.spans) - len(valid)
                keep_only(scope.spans, valid)
                valid = scope.spans
            for span in valid if work.has_large else ():
                if span.ByteSize() >= LARGE_BYTES:
                    work.cuts.span(span)
            if work.look:
                work.look.at_spans(valid)


def _check_logs(message: Any, work: _Work) -> None:
    for group in message.resource_logs:
        work.source(group.resource)
        for scope in group.scope_logs:
            work.source(scope.scope)
            for record in scope.log_records:
                if len(record.trace_id) not in (0, 16):
                    record.ClearField("trace_id")
                    work.cleared += 1
                if len(record.span_id) not in (0, 8):
                    record.ClearField("span_id")
                    work.cleared += 1
                if work.has_large and record.ByteSize() >= LARGE_BYTES:
                    work.cuts.log_record(record)
            if work.look:
                work.look.at(scope.log_records)


def _check_metrics(message: Any, work: _Work) -> None:
    work.points = 0
    for group in message.resource_metrics:
        work.source(group.resource)
        for scope in group.scope_metrics:
            work.source(scope.scope)
            named = [metric for metric in scope.metrics if metric.name]
            work.points += sum(len(_points(metric)) for metric in scope.metrics)
            if len(named) < len(scope.metrics):
                work.left_out[NO_NAME] += sum(len(_points(metric)) for metric in scope.metrics if not metric.name)
                keep_only(scope.metrics, named)
            for metric in scope.metrics:
                if metric.ByteSize() >= LARGE_BYTES:
                    _limit_buckets(_points(metric), work)
                    work.cuts.metric(metric, _points(metric))
            if work.look:
                _limit_series(group.resource, scope, work, work.look)


def _limit_buckets(points: Any, work: _Work) -> None:
    kept = [point for point in points if buckets(point) <= MOST_BUCKETS]
    if len(kept) < len(points):
        work.left_out[BUCKETS] += len(points) - len(kept)
        keep_only(points, kept)


def _limit_series(resource: Any, scope: Any, work: _Work, look: Look) -> None:
    origin = hash((resource.SerializeToString(), scope.scope.name))
    for metric in scope.metrics:
        points = _points(metric)
        look.at(points)
        refused = look.refused_points((origin, metric.name), points)
        if refused:
            work.left_out[CARDINALITY] += refused


def _points(metric: Any) -> Any:
    kind = metric.WhichOneof("data")
    return getattr(metric, kind).data_points if kind else ()


_REQUESTS: dict[Signal, Any] = {
    Signal.TRACES: ExportTraceServiceRequest,
    Signal.LOGS: ExportLogsServiceRequest,
    Signal.METRICS: ExportMetricsServiceRequest,
}
_BY_SIGNAL: dict[Signal, Callable[[Any, _Work], None]] = {
    Signal.TRACES: _check_traces,
    Signal.LOGS: _check_logs,
    Signal.METRICS: _check_metrics,
}
_REASONS = {
    INVALID_IDS: "A span needs a trace id of 16 bytes and a span id of 8 bytes, not all zero.",
    NO_NAME: "A metric needs a name.",
    BUCKETS: f"A histogram may have at most {MOST_BUCKETS:,} buckets.",
    CARDINALITY: f"There are more than {NEW_SERIES:,} new series of metrics in this hour.",
}
