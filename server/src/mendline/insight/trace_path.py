"""The critical path of one trace, in words: where its time went, what mending each part would save, what had time to
spare."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mendline.insight.batch_windows import batch_windows_ms
from mendline.insight.moments import to_ns
from mendline.insight.path_parts import PathParts, Spent
from mendline.insight.traces import get_trace
from mendline.model.trace import Trace
from mendline.store.contract import TelemetryStore

_MOST_SPARE = 10


@dataclass(frozen=True, slots=True)
class PathPiece:
    """A piece of the path: from `start_ms` on, since the trace began. `span_id` is who spent it, or waited."""

    kind: str
    function: str
    called: str
    span_id: str
    start_ms: float
    duration_ms: float
    after: bool


@dataclass(frozen=True, slots=True)
class PathSum:
    """All pieces of a part; without it the trace would be shorter by `saves_ms` at most (its drag)."""

    kind: str
    function: str
    called: str
    duration_ms: float
    share: float
    saves_ms: float


@dataclass(frozen=True, slots=True)
class Spare:
    """A span beside the path, and how much longer it could have taken until it delayed its caller (slack)."""

    span_id: str
    name: str
    duration_ms: float
    slack_ms: float


@dataclass(frozen=True, slots=True)
class TracePath:
    """`total_ms` is from when the entry was sent, where that is known, to the last moment. `parts` are those with most
    time first, `spare` the longest spans beside the path. `truncated` counts spans that were not looked at."""

    trace_id: str
    start: datetime
    total_ms: float
    parts: tuple[PathSum, ...]
    path: tuple[PathPiece, ...]
    spare: tuple[Spare, ...]
    truncated: int


def trace_path(store: TelemetryStore, trace_id: str) -> TracePath:
    """The path of a trace. Raises NotFoundError, as get_trace does."""
    trace = get_trace(store, trace_id)
    return _path_of(trace, parts_of(store, trace))


def parts_of(store: TelemetryStore, trace: Trace) -> PathParts:
    """A trace in parts. Batch windows are looked up where something takes messages."""
    taking = sorted({span.function for span in trace.spans if span.function and span.kind == "consumer"})
    return PathParts(trace.spans, batch_windows_ms(store, taking, to_ns(trace.start)) if taking else {})


def _path_of(trace: Trace, parts: PathParts) -> TracePath:
    """What a trace and its parts say."""
    path, total_ms = parts.path(), parts.total_ms
    sums: dict[object, list[Spent]] = {}
    for piece in path:
        sums.setdefault(piece.part, []).append(piece)
    summed = [(pieces[0].part, sum(piece.milliseconds for piece in pieces)) for pieces in sums.values()]
    return TracePath(
        trace_id=trace.trace_id,
        start=trace.start,
        total_ms=total_ms,
        parts=tuple(
            PathSum(
                part.kind,
                part.function,
                part.called,
                milliseconds,
                milliseconds / total_ms if total_ms else 0.0,
                max(0.0, total_ms - parts.total_without(part)),
            )
            for part, milliseconds in sorted(summed, key=lambda each: -each[1])
        ),
        path=tuple(
            PathPiece(
                piece.part.kind,
                piece.part.function,
                piece.part.called,
                trace.spans[piece.index].span_id,
                piece.start_ms,
                piece.milliseconds,
                piece.after,
            )
            for piece in path
        ),
        spare=_spare(trace, parts, {piece.index for piece in path}),
        truncated=trace.truncated,
    )


def _spare(trace: Trace, parts: PathParts, on_path: set[int]) -> tuple[Spare, ...]:
    found = [
        Spare(trace.spans[index].span_id, trace.spans[index].name, trace.spans[index].duration_ms, slack)
        for index, slack in parts.slack_ms().items()
        if index not in on_path and trace.spans[index].duration_ms > 0
    ]
    return tuple(sorted(found, key=lambda each: -each.duration_ms)[:_MOST_SPARE])
