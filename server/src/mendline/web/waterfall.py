"""A trace laid out on one time axis: where each bar begins, how wide it is, and what matters most. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from mendline.insight.critical_path import Piece, critical_path, parents_of
from mendline.insight.path_parts import Part, PathParts, Spent
from mendline.model.trace import Span, Trace

_LEAST_PERCENT = 0.2
_MOST_INDENT = 24
_MOST_PIECES = 24
_MOST_SPENT = 5
_ROUTES = ("http.route", "url.path", "http.target")
_NAMED = 0.01  # of a trace: shorter gaps are not told
_WORD = re.compile(r"\w+")
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the waterfall; lengths in percent of the axis.

    `parent` and `last` are indexes of rows: who is above in the tree (-1: nobody), and the last one below this.
    `own` are the pieces of the bar in which no child was under way; `own_ms` is their length, less the cold starts of
    functions called. `key` names the row in URLs: its span id, or `ID.2` for the second span with that id.

    `wait` is the gap between the end of the parent and the start of this (or of its cold start), as
    of a message in a queue; `wait_ms` its length. `critical` are the pieces of the critical path that are of it.
    """

    span: Span
    parent: int
    last: int
    indent: int
    x: float
    width: float
    own: tuple[Interval, ...]
    own_ms: float
    wait: Interval | None
    wait_ms: float
    init: Interval | None
    init_ms: float
    cold: bool
    chaos: bool
    title: str
    subtitle: str
    service: str
    key: str
    critical: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class Matter:
    """The one thing to look at first. `kind` is `error`, `wait` (a message lay waiting), `cold` (start), `call`
    or `own` (code); `recovered` is a failure that what called it got over, as by a retry."""

    kind: str
    index: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Silence:
    """When nothing of a trace was under way or waited for: the longest gap, the row that ended it, and all."""

    index: int
    longest_ms: float
    total_ms: float


@dataclass(frozen=True, slots=True)
class SpentOn:
    """A part of the critical path: its kind (model.path_part.Kind), the span that has most of it, and by how much
    the trace would be shorter without it, at most."""

    kind: str
    index: int
    milliseconds: float
    saves_ms: float


def label(span: Span) -> str:
    """What a person calls this span: the function, the resource that is called, or the name of the span."""
    if span.invocation:
        return span.function or span.name
    return " ".join(part for part in (span.resource_type, span.resource_name, span.operation) if part) or span.name


def entry_of(span: Span) -> str:
    """What started the trace, as people call it: `POST /orders`, else the label of the first span."""
    method = span.attributes.get("http.request.method") or span.attributes.get("http.method", "")
    route = next((span.attributes[key] for key in _ROUTES if span.attributes.get(key)), "")
    return f"{method} {route}" if method and route and span.kind == "server" else label(span)


def rows_of(trace: Trace) -> tuple[Row, ...]:
    """The rows, in the order of the spans."""
    parents = parents_of(trace.spans)
    children: dict[int, list[int]] = {}
    last = list(range(len(parents)))
    for index in range(len(parents) - 1, -1, -1):
        if parents[index] >= 0:
            children.setdefault(parents[index], []).append(index)
            last[parents[index]] = max(last[parents[index]], last[index])
    whole = max(trace.duration_ms, 1e-6)
    keys = _keys(trace.spans)
    critical = _critical(critical_path(trace.spans), whole)
    return tuple(
        _row(
            trace.spans,
            index,
            whole,
            key=keys[index],
            parent=parents[index],
            last=last[index],
            below=[trace.spans[child] for child in children.get(index, ())],
            critical=tuple(critical.get(index, ())[:_MOST_PIECES]),
        )
        for index in range(len(parents))
    )


def ticks_of(duration_ms: float) -> tuple[tuple[float, float], ...]:
    """Marks of the axis at round times (1, 2 or 5 times a power of ten), at most six: (percent, ms)."""
    if duration_ms <= 0:
        return ((0.0, 0.0),)
    rough = duration_ms / 5.5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    return tuple(
        (_percent(number * step, duration_ms), number * step) for number in range(int(duration_ms / step + 1e-9) + 1)
    )


def what_matters(rows: Sequence[Row]) -> Matter | None:
    """The error at the bottom of the earliest chain of errors that an execution or the entry ended with; else the
    longest wait. None where nothing takes time."""
    failure = first_failure(rows, _below_failed_ends(rows))
    if failure:
        return failure
    longest = longest_wait(rows, range(len(rows)))
    return longest if longest and longest.milliseconds > 0 else None


def recovered(rows: Sequence[Row]) -> Matter | None:
    """What failed first where nothing failed in the end: every function, and the entry, succeeded all the same."""
    if _below_failed_ends(rows):
        return None
    failure = first_failure(rows, range(len(rows)), got_over=True)
    return failure and Matter("recovered", failure.index, failure.milliseconds)


def _below_failed_ends(rows: Sequence[Row]) -> list[int]:
    """The rows of executions and entries that failed, with all below them."""
    ends = [it for it, row in enumerate(rows) if row.span.error and (row.span.invocation or row.parent < 0)]
    return sorted({it for end in ends for it in range(end, rows[end].last + 1)})


def first_failure(rows: Sequence[Row], among: Iterable[int], *, got_over: bool = False) -> Matter | None:
    """What failed first, among these rows: of each chain of failures only the bottom counts. A call that succeeded when
    it was tried again did not fail, unless failures that were got over are asked for."""
    failed = [index for index in among if (rows[index].span.error if got_over else rows[index].span.failed)]
    causes = set(failed) - {rows[index].parent for index in failed}
    first = min(causes, key=lambda it: (rows[it].span.offset_ms + rows[it].span.duration_ms, it), default=None)
    return None if first is None else Matter("error", first, rows[first].span.duration_ms)


def telling(rows: Sequence[Row], index: int) -> int:
    """The row that tells most of a failure: the nearest one at or above it that kept the exception, else itself."""
    at = index
    while at >= 0 and rows[at].span.error:
        if any(event.name == "exception" for event in rows[at].span.events):
            return at
        at = rows[at].parent
    return index


def longest_wait(rows: Sequence[Row], among: Iterable[int]) -> Matter | None:
    """Where most time went, among these rows: in a queue, a cold start, a call, or in code."""
    found = [item for index in among for item in _times(rows[index], index)]
    return max(found, key=lambda item: item.milliseconds, default=None)


def _times(row: Row, index: int) -> tuple[Matter, ...]:
    own = Matter("call" if row.span.resource_type else "own", index, row.own_ms)
    if row.parent < 0:
        return (own,)  # its cold start was before the trace began
    return own, Matter("cold", index, row.init_ms), Matter("wait", index, row.wait_ms)


def _keys(spans: Sequence[Span]) -> list[str]:
    """A name for each span: its id, which clients have been seen to use twice."""
    seen: Counter[str] = Counter()
    found = []
    for span in spans:
        seen[span.span_id] += 1
        again = seen[span.span_id]
        found.append(span.span_id if again == 1 else f"{span.span_id}.{again}")
    return found


def _row(
    spans: Sequence[Span],
    index: int,
    whole: float,
    *,
    key: str,
    parent: int,
    last: int,
    below: Sequence[Span],
    critical: tuple[Interval, ...],
) -> Row:
    span = spans[index]
    above = spans[parent] if parent >= 0 else None
    init_ms = _init_ms(span)
    began = max(0.0, span.offset_ms - init_ms)
    gap_from = above.offset_ms + above.duration_ms if above else began
    wait_ms = max(0.0, began - gap_from) if span.invocation or span.kind == "consumer" else 0.0
    title = label(span)
    return Row(
        span=span,
        parent=parent,
        last=last,
        indent=min(span.depth, _MOST_INDENT),
        x=_percent(span.offset_ms, whole),
        width=max(_LEAST_PERCENT, _percent(span.duration_ms, whole)),
        own=_own(span, below, whole) if below else (),
        own_ms=max(0.0, span.self_ms - sum(map(_init_ms, below))),
        wait=_interval(gap_from, began, whole) if wait_ms else None,
        wait_ms=wait_ms,
        init=_interval(began, span.offset_ms, whole) if init_ms else None,
        init_ms=init_ms,
        cold=_cold(span),
        chaos="mendline.chaos.id" in span.attributes,
        title=title,
        subtitle=_subtitle(span, title),
        key=key,
        critical=critical,
        service=span.service if (above is None or above.service != span.service) and span.service != title else "",
    )


def _critical(path: Iterable[Piece], whole: float) -> dict[int, list[Interval]]:
    found: dict[int, list[Interval]] = {}
    for piece in path:
        found.setdefault(piece.index, []).append(_interval(piece.start_ms, piece.end_ms, whole))
    return found


def silence_of(rows: Sequence[Row]) -> Silence | None:
    """The gaps of a trace: None where they are less than a hundredth of it."""
    longest, index, total, reached = 0.0, 0, 0.0, math.inf
    for at, row in sorted(enumerate(rows), key=lambda it: _begun(it[1])):
        gap = _begun(row) - reached
        if gap > 0:
            total += gap
            longest, index = max((longest, index), (gap, at))
        ended = row.span.offset_ms + row.span.duration_ms
        reached = ended if math.isinf(reached) else max(reached, ended)
    whole = reached - min(0.0, *map(_begun, rows))
    return Silence(index, longest, total) if total > _NAMED * whole else None


def _begun(row: Row) -> float:
    """When it began, with what it waited and its cold start, in ms."""
    return row.span.offset_ms - row.init_ms - row.wait_ms


def spent_on(parts: PathParts) -> tuple[SpentOn, ...]:
    """What the time of a trace was spent on, most first: the five largest parts of its critical path."""
    pieces: dict[Part, list[Spent]] = {}
    for piece in parts.path():
        pieces.setdefault(piece.part, []).append(piece)
    sums = {part: sum(piece.milliseconds for piece in of) for part, of in pieces.items()}
    total_ms = parts.total_ms
    return tuple(
        SpentOn(
            part.kind,
            max(pieces[part], key=lambda piece: piece.milliseconds).index,
            sums[part],
            max(0.0, total_ms - parts.total_without(part)),
        )
        for part in sorted(sums, key=lambda part: -sums[part])[:_MOST_SPENT]
    )


def _subtitle(span: Span, title: str) -> str:
    """What the title does not say yet: the trigger of a function, else the name of the span."""
    if span.invocation and span.attributes.get("mendline.trigger"):
        return span.attributes["mendline.trigger"]
    words = set(_WORD.findall(span.name.lower()))
    return "" if words <= set(_WORD.findall(title.lower())) else span.name


def _own(span: Span, below: Sequence[Span], whole: float) -> tuple[Interval, ...]:
    pieces: list[Interval] = []
    reached, end = span.offset_ms, span.offset_ms + span.duration_ms
    for child in sorted(below, key=lambda item: item.offset_ms):
        if child.offset_ms > reached:
            pieces.append(_interval(reached, min(child.offset_ms, end), whole))
        reached = max(reached, child.offset_ms + child.duration_ms)
        if reached >= end:
            break
    if reached < end:
        pieces.append(_interval(reached, end, whole))
    widest = sorted(pieces, key=lambda piece: -piece[1])[:_MOST_PIECES]
    return tuple(sorted(piece for piece in widest if piece[1] > 0))


def _interval(first: float, last: float, whole: float) -> Interval:
    return _percent(first, whole), _percent(last - first, whole)


def _percent(milliseconds: float, whole: float) -> float:
    return round(milliseconds / whole * 100, 2)


def _cold(span: Span) -> bool:
    return span.invocation and span.attributes.get("faas.coldstart") == "true"


def _init_ms(span: Span) -> float:
    return _number(span.attributes.get("mendline.init_ms", "")) if _cold(span) else 0.0


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if 0 < value < 1e9 else 0.0
