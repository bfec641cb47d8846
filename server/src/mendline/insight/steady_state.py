"""What is usual for what a query asks of each group, at any moment: by hour, weekday, day of the month and load.

It is learned anew from what is stored whenever an hour has gone by (docs/adr/0011-steady-state.md), so that it needs no
state of its own, knows what arrived late, and is the same on every machine.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from statistics import median
from weakref import WeakKeyDictionary

from mendline.analysis.scales import Counts, Shares, band_back
from mendline.analysis.steady import Kind, Manner, Steady
from mendline.insight.learned_series import (
    DAY_NS,
    HOUR_NS,
    MINUTE_NS,
    Group,
    Past,
    Sample,
    past_of,
    scale_of,
    stride_of,
)
from mendline.insight.moments import from_ns, to_ns
from mendline.model.band import Band
from mendline.model.learning_mark import ACCEPT, LEAVE_OUT, LearningMark
from mendline.query import Plan, plan
from mendline.query.syntax import Relation
from mendline.store.contract import TelemetryStore
from mendline.store.plans import Span

SURPRISE = 3.0
"""Outside of what is usual is what happens once in so many powers of ten windows."""
LEARNED_DAYS = 14
"""So long it is said to be learned still: until every hour of the week was met twice."""
_MANNER = Manner(
    spans=(), memory=336, spread_memory=336, warm=8, clip=4.0, floor=0.02, gain=0.85, tail=2000, tail_share=0.05,
    index=0.2, prior=20, most=SURPRISE,
)  # fmt: skip
_MOVED_AFTER_NS = 72 * HOUR_NS
_KINDS = Kind(2, 14), Kind(2, 14), Kind(2, 6), Kind(3, 6), Kind(8, 48)  # as _contexts tells them
_SATURDAY = 5
_MOST_KEPT = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the steady state: of which values of a plan's groups, over windows of which length, by the hours
    of which zone, and what people say of its learning."""

    asked: Plan
    wanted: tuple[plan.Value, ...]
    window_ns: int
    is_calendar: bool
    zone: tzinfo
    marks: tuple[LearningMark, ...]


class SteadyState:
    """What is usual for the groups of a query. Safe to ask from several threads."""

    def __init__(self, asked: Asked, past: Past) -> None:
        self._asked, self._past = asked, past
        self._learned: dict[tuple[Group, int], _Learned] = {}
        self._lock = threading.Lock()

    def bands(self, group: Group, of: plan.Value, moments: Sequence[tuple[int, float]]) -> list[Band | None]:
        """What is usual for a value of a group in windows that end at these moments (ns, oldest first) and have so many
        rows; None where that is not known yet. What a moment is held against was learned before it."""
        with self._lock:
            learned = self._learned_before(group, of, moments[0][0])
            return [learned.band(at_ns, calls) for at_ns, calls in moments]

    def is_known(self, group: Group, of: plan.Value, at_ns: int) -> bool:
        """Whether it is known what is usual for a value of a group, however many rows it has."""
        with self._lock:
            return self._learned_before(group, of, at_ns).is_known(at_ns)

    def _learned_before(self, group: Group, of: plan.Value, at_ns: int) -> _Learned:
        index = self._asked.wanted.index(of)
        learned = self._learned.get((group, index))
        if learned is None or at_ns <= learned.until_ns:
            learned = self._learned[group, index] = _Learned(self._asked, self._past, group, index)
        return learned

    def days(self, group: Group, at_ns: int) -> float:
        """For how long a group has been known."""
        samples = self._past.samples.get(group)
        return max(0, at_ns - samples[0].at_ns) / DAY_NS if samples else 0.0


class _Learned:
    """What was learned of one value of one group, up to the sample of `until_ns`."""

    def __init__(self, asked: Asked, past: Past, group: Group, index: int) -> None:
        self._asked, self._stride_ns, self._index = asked, past.stride_ns, index
        self._samples = past.samples.get(group, ())
        self._scale = scale_of(asked.wanted[index], asked.asked.source, asked.window_ns)
        self._usual_calls = median([sample.calls for sample in self._samples if sample.calls] or [0.0])
        if isinstance(self._scale, Shares):
            self._scale = Shares(self._usual_calls)
        moved = max(3, _MOVED_AFTER_NS // past.stride_ns)
        self._steady = Steady(_KINDS, replace(_MANNER, moved=moved))
        of = function_of(asked.asked, group)
        marks = [
            mark for mark in asked.marks if mark.function in ("", of) or (of is None and mark.is_of_struck)
        ]  # what is of several functions counts fewer while one is struck
        self._left_out = [
            (to_ns(mark.start), to_ns(mark.end) if mark.end else math.inf) for mark in marks if mark.kind == LEAVE_OUT
        ]
        self._accepted = sorted(to_ns(mark.start) for mark in marks if mark.kind == ACCEPT)
        self._seen = 0
        self.until_ns = 0

    def band(self, at_ns: int, calls: float) -> Band | None:
        """What is usual at a moment; what was learned must be older than it."""
        self._learn_until(at_ns)
        noise, scarce = self._scale.noise(calls), self._scale.scarce(calls, self._usual_calls)
        if not math.isfinite(noise):
            return None
        band = self._steady.band(self._contexts(at_ns, calls), SURPRISE, noise, scarce)
        return band_back(self._scale, band) if band else None

    def is_known(self, at_ns: int) -> bool:
        """Whether anything is usual at a moment."""
        self._learn_until(at_ns)
        return self._steady.band(self._contexts(at_ns, self._usual_calls), SURPRISE) is not None

    def _learn_until(self, at_ns: int) -> None:
        while self._seen < len(self._samples) and self._samples[self._seen].at_ns < at_ns:
            self.until_ns = self._samples[self._seen].at_ns
            self._learn(self._samples[self._seen])
            self._seen += 1

    def _learn(self, sample: Sample) -> None:
        while self._accepted and self._accepted[0] < sample.at_ns:
            self._accepted.pop(0)
            self._steady.accept()
        value, began_ns = sample.values[self._index], sample.at_ns - self._asked.window_ns
        if value is None or any(start < sample.at_ns and began_ns < end for start, end in self._left_out):
            return
        noise, scarce = self._scale.noise(sample.calls), self._scale.scarce(sample.calls, self._usual_calls)
        if math.isfinite(noise):
            contexts = self._contexts(sample.at_ns, sample.calls)
            self._steady.see(self._scale.to(value), contexts, noise, scarce)

    def _contexts(self, at_ns: int, calls: float) -> tuple[Hashable, ...]:
        """Hour, hour of workdays or of the weekend, hour of the week, hour of a day of the month, load. Of windows that
        are shorter than an hour the middle counts, and of counts the load says nothing, since it is what they are."""
        local = from_ns(at_ns - min(self._asked.window_ns, HOUR_NS) // 2).astimezone(self._asked.zone)
        hour, day = local.hour // max(1, min(24, self._stride_ns // HOUR_NS)), local.weekday()
        load = (
            0
            if isinstance(self._scale, Counts)
            else round(2 * math.log2(1 + calls * MINUTE_NS / self._asked.window_ns))
        )
        return hour, (hour, day >= _SATURDAY), (hour, day), (hour, local.day), load


def function_of(asked: Plan, group: Group) -> str | None:
    """The name of the function that a group is of; None where it is of several, or not known."""
    for output, value in zip(asked.keys, group, strict=True):
        if isinstance(output.value, plan.Column) and output.value.key == "function":
            return str(value)
    terms = asked.filter.terms if isinstance(asked.filter, plan.And) else (asked.filter,)
    for term in terms:
        match term:
            case plan.Compare(plan.Column("function"), Relation.EQUAL, plan.Constant(name)):
                return str(name)
    return None


# -- kept for as long as it holds --------------------------------------------------------------------------------

_KEPT: WeakKeyDictionary[TelemetryStore, OrderedDict[Hashable, SteadyState]] = WeakKeyDictionary()
_DAYS: WeakKeyDictionary[TelemetryStore, tuple[int, int]] = WeakKeyDictionary()
_LOCK = threading.Lock()
_LOOKED_AFTER_NS = 30 * 10**9


def steady_state(store: TelemetryStore, asked: Asked, span: Span) -> SteadyState:
    """What is usual before the end of a range. Raises QueryLimitError, StoreError."""
    stride_ns = stride_of(asked.window_ns, is_calendar=asked.is_calendar)
    every_ns = HOUR_NS if stride_ns == DAY_NS else stride_ns
    # incidents are heeded when the next hour is learned: while one begins is no time to learn all anew
    marks = tuple(mark for mark in asked.marks if not mark.is_of_incident)
    key = replace(asked, marks=marks), min(span.end_ns, span.now_ns) // every_ns, _days(store, span.now_ns)
    with _LOCK:
        kept = _KEPT.setdefault(store, OrderedDict())
        found = kept.get(key)
        if found is not None:
            kept.move_to_end(key)
            return found
    past = past_of(store, asked.asked, asked.wanted, asked.window_ns, span, stride_ns)
    found = SteadyState(asked, past)
    with _LOCK:
        kept[key] = found
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return found


def _days(store: TelemetryStore, now_ns: int) -> int:
    """Of how many days invocations are stored, as known half a minute ago: where days from before come in, what was
    learned without them is learned anew."""
    looked_ns, days = _DAYS.get(store, (0, 0))
    if not 0 <= now_ns - looked_ns < _LOOKED_AFTER_NS:
        days = len({row["day"] for row in store.select("stored_days") if row["table"] == "invocations"})
        _DAYS[store] = now_ns, days
    return days


def forget(store: TelemetryStore) -> None:
    """Keep nothing of what was learned of a store; it is learned anew when it is asked for."""
    with _LOCK:
        _KEPT.pop(store, None)
        _DAYS.pop(store, None)
