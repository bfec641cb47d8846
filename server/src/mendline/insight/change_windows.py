"""Two windows of time to compare: what is asked about, and what is usual: the time just before, or the same hours of
yesterday and of a week ago, where there is such a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mendline.analysis.change_point import ChangePoint, rate_changed, share_changed
from mendline.analysis.windows import LEAST_INVOCATIONS, PER_DECADE, Difference, Slice, Window
from mendline.errors import UsageError
from mendline.insight.asked import ask
from mendline.insight.moments import from_ns, to_ns
from mendline.model.timerange import TimeRange
from mendline.query import Plan
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Span
from mendline.store.plans.course import course_statement

SLICES = 60
AUTO, BEFORE, USUAL = "auto", "before", "usual"
_HISTORY = (timedelta(days=1), timedelta(days=7))
_FINE_NS = 60 * 10**9
_AROUND = 4  # slices before and after a change point that are looked at again, finer


@dataclass(frozen=True, slots=True)
class Compared:
    """What is compared. `how` is BEFORE, USUAL, or `given`; `course` is the window before and the one asked about in
    one: slices of `slice_ns` from `course_ns` on, SLICES of them before."""

    now: Window
    usual: tuple[Window, ...]
    now_range: TimeRange
    usual_ranges: tuple[TimeRange, ...]
    how: str
    course: Window
    course_ns: int
    slice_ns: int

    @property
    def usual_count(self) -> int:
        """Invocations of all that is usual."""
        return sum(one.count for one in self.usual)


@dataclass(frozen=True, slots=True)
class Since:
    """When a change began, in ns since 1970: at `at`, with 95 % confidence between `first` and `last`. `until`: it was
    over then; None: it goes on."""

    at: int
    first: int
    last: int
    until: int | None
    before: float
    after: float


def compared(store: TelemetryStore, asked: Plan, span: Span, against: str | TimeRange) -> Compared:
    """Reads both windows. `against` is AUTO, BEFORE, USUAL, or a range of time. Raises UsageError for a range that
    is not before the window, or a window that lies ahead."""
    slice_ns = max(1, -(-(span.end_ns - span.start_ns) // SLICES))
    course_ns = span.start_ns - SLICES * slice_ns
    course = _read(store, asked, Span(course_ns, span.end_ns, span.now_ns), slice_ns)
    now = Window(course.slices[SLICES:], course.slice_s)
    before = Window(course.slices[:SLICES], course.slice_s)
    now_range, before_range = _range(span.start_ns, span.end_ns), _range(course_ns, span.start_ns)
    usual, ranges, how = [before], [before_range], BEFORE
    if isinstance(against, TimeRange):
        if against.start < now_range.end and now_range.start < against.end:
            raise UsageError("What is usual overlaps with the window that is asked about; choose an earlier range.")
        usual, ranges, how = [_window(store, asked, against, span.now_ns)], [against], "given"
    elif against in (AUTO, USUAL):
        long = now_range.end - now_range.start
        past = [TimeRange(now_range.start - days, now_range.end - days) for days in _HISTORY if days >= long]
        then = [_window(store, asked, one, span.now_ns) for one in past]
        if then and (against == USUAL or all(one.count >= LEAST_INVOCATIONS for one in then)):
            usual, ranges, how = then, past, USUAL
    return Compared(now, tuple(usual), now_range, tuple(ranges), how, course, course_ns, slice_ns)


def since(store: TelemetryStore, asked: Plan, span: Span, both: Compared, what: Difference) -> Since | None:
    """When a difference began, looked at as finely as minutes; None where no border in the window and the time of its
    length before is beyond chance: it began earlier, or grows bit by bit."""
    found = _changed(both.course, what)
    if found is None or (found.after > found.before) != (what.direction > 0):
        return None
    told = _since(found, both.course_ns, both.slice_ns, len(both.course.slices))
    if both.slice_ns <= _FINE_NS:
        return told
    start = max(both.course_ns, told.first - _AROUND * both.slice_ns)
    end = min(span.end_ns, told.last + _AROUND * both.slice_ns)
    fine_ns = max(_FINE_NS, -(-(end - start) // (2 * SLICES)))
    near = _read(store, asked, Span(start, end, span.now_ns), fine_ns)
    finer = _changed(near, what)
    if finer is None or (finer.after > finer.before) != (what.direction > 0):
        return told
    closer = _since(finer, start, fine_ns, len(near.slices))
    return Since(closer.at, closer.first, closer.last, told.until, told.before, told.after)


def _since(found: ChangePoint, start_ns: int, slice_ns: int, size: int) -> Since:
    at, first, last = (start_ns + index * slice_ns for index in (found.at, found.first, found.last))
    until = start_ns + found.end * slice_ns if found.end is not None and found.end < size else None
    return Since(at, first, last, until, found.before, found.after)


def _changed(course: Window, what: Difference) -> ChangePoint | None:
    counts = [one.count for one in course.slices]
    if what.measure == "traffic":
        return rate_changed(counts, [course.slice_s] * len(counts))
    if what.measure == "duration":
        return share_changed([one.at_least(what.bucket) for one in course.slices], counts)
    return share_changed([getattr(one, what.measure) for one in course.slices], counts)


def _window(store: TelemetryStore, asked: Plan, time_range: TimeRange, now_ns: int) -> Window:
    span = Span(to_ns(time_range.start), to_ns(time_range.end), now_ns)
    return _read(store, asked, span, max(1, -(-(span.end_ns - span.start_ns) // SLICES)))


def _read(store: TelemetryStore, asked: Plan, span: Span, slice_ns: int) -> Window:
    slices = [Slice() for _ in range(-(-(span.end_ns - span.start_ns) // slice_ns))]
    rows: Sequence[tuple[int, ...]] = ask(store, course_statement(asked, span, slice_ns, PER_DECADE))
    for index, bucket, count, errors, timeouts, cold_starts in rows:
        if not 0 <= index < len(slices):
            continue
        slice_ = slices[index]
        slice_.durations[bucket] += count
        slice_.errors += errors
        slice_.timeouts += timeouts
        slice_.cold_starts += cold_starts
    return Window(slices, slice_ns / 1e9)


def _range(start_ns: int, end_ns: int) -> TimeRange:
    return TimeRange(from_ns(start_ns), from_ns(end_ns))
