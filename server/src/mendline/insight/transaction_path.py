"""Where the time of an entry's transactions goes: their critical paths summed up, and what mending parts would save."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from mendline.insight.answers import answer
from mendline.insight.batch_windows import batch_windows_ms
from mendline.insight.critical_path import until_answer
from mendline.insight.evaluations import Question
from mendline.insight.moments import range_parameters
from mendline.insight.outliers import percentile
from mendline.insight.path_parts import Part, PathParts
from mendline.insight.waterfall import arrange
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

END, ANSWER = UNTIL = ("end", "answer")
MOST_TRACES, MOST_SPANS = 300, 400
_MOST_PARTS = 15
_LEAST_SHARE = 0.005
_NOTHING: dict[str, Any] = {
    "trace_state": "", "flags": 0, "placed_at_receipt": 0, "status_message": "", "resource_id": "", "scope_name": "",
    "scope_version": "", "scope_details": "", "attribute_types": "",
    "dropped": {"attributes": 0, "events": 0, "links": 0}, "events": (), "links": (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PathPart:
    """A part of the critical paths. `presence` is the share of transactions that have it on their path, `after` the
    share of its time that was after the answer; `mean_ms` and percentiles are over all transactions, 0 where it is not
    there. `saves_…`: by how much the median and the 99th percentile of the whole would fall, at most, if it took no
    time."""

    kind: str
    function: str
    called: str
    presence: float
    after: float
    mean_ms: float
    p50_ms: float
    p99_ms: float
    saves_p50_ms: float
    saves_p99_ms: float


@dataclass(frozen=True, slots=True)
class TransactionPath:
    """`traces` are those that were looked at, the newest; `cut` those of them that have more spans than are looked at.
    Durations are from when the entry was sent, where that is known, to the last moment, or (`until`) to its answer.
    `parts` are those with most time first."""

    entry: str
    until: str
    traces: int
    cut: int
    mean_ms: float
    p50_ms: float
    p99_ms: float
    parts: tuple[PathPart, ...]


def transaction_path(
    store: TelemetryStore, entry: str, time_range: TimeRange, now: datetime, until: str = END
) -> TransactionPath:
    """The critical paths of the newest transactions of an entry in a range, `until` one of UNTIL. Raises as `answer`
    does."""
    found = answer(store, Question(f"traces entry:{value_text(entry)}", time_range, now, limit=MOST_TRACES))
    place = [column.name for column in found.columns].index("trace_id")
    between, traces = range_parameters(time_range), [row[place] for row in found.rows]
    rows = store.select("transaction_spans", {"traces": traces, "most_spans": MOST_SPANS, **between}) if traces else []
    functions = sorted({row["function"] for row in rows if row["function"]})
    return summed_up(entry, rows, batch_windows_ms(store, functions, between["start_ns"]) if functions else {}, until)


def summed_up(
    entry: str, rows: Sequence[Mapping[str, Any]], windows_ms: Mapping[str, float], until: str = END
) -> TransactionPath:
    """The paths of the traces that rows of `transaction_spans` tell, which come one trace after the other."""
    traces, cut = [], 0
    for _, told in groupby(rows, key=lambda row: row["trace_id"]):
        spans = [{**_NOTHING, **row} for row in told]
        cut += len(spans) >= MOST_SPANS
        arranged = arrange(spans, spans[0]["start_ns"])
        traces.append(PathParts(until_answer(arranged) if until == ANSWER else arranged, windows_ms))
    spent = [_sums(one) for one in traces]
    totals = [one.total_ms for one in traces]
    whole = sum(totals)
    sums: dict[Part, float] = defaultdict(float)
    for one in spent:
        for part, (milliseconds, _) in one.items():
            sums[part] += milliseconds
    most = sorted((part for part in sums if sums[part] >= _LEAST_SHARE * whole), key=lambda part: -sums[part])
    return TransactionPath(
        entry=entry,
        until=until,
        traces=len(traces),
        cut=cut,
        mean_ms=whole / len(traces) if traces else 0.0,
        p50_ms=percentile(totals, 0.5),
        p99_ms=percentile(totals, 0.99),
        parts=tuple(_part(part, traces, spent, totals) for part in most[:_MOST_PARTS]),
    )


def _sums(trace: PathParts) -> dict[Part, tuple[float, float]]:
    """Of each part of the path its milliseconds, and how many of them were after the answer."""
    sums: dict[Part, tuple[float, float]] = {}
    for piece in trace.path():
        before = sums.get(piece.part, (0.0, 0.0))
        late = piece.milliseconds if piece.after else 0.0
        sums[piece.part] = before[0] + piece.milliseconds, before[1] + late
    return sums


def _part(
    part: Part,
    traces: Sequence[PathParts],
    spent: Sequence[Mapping[Part, tuple[float, float]]],
    totals: Sequence[float],
) -> PathPart:
    own = [one.get(part, (0.0, 0.0)) for one in spent]
    milliseconds = [one for one, _ in own]
    without = [
        trace.total_without(part) if part in one else total
        for trace, one, total in zip(traces, spent, totals, strict=True)
    ]
    return PathPart(
        kind=part.kind,
        function=part.function,
        called=part.called,
        presence=sum(one > 0 for one in milliseconds) / len(traces),
        after=sum(late for _, late in own) / sum(milliseconds),
        mean_ms=sum(milliseconds) / len(traces),
        p50_ms=percentile(milliseconds, 0.5),
        p99_ms=percentile(milliseconds, 0.99),
        saves_p50_ms=max(0.0, percentile(totals, 0.5) - percentile(without, 0.5)),
        saves_p99_ms=max(0.0, percentile(totals, 0.99) - percentile(without, 0.99)),
    )
