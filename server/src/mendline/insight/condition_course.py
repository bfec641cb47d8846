"""How a condition stood over a stretch of time: whether it held at each of some thirty moments, and the number that it
looks at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mendline.insight.answer_groups import looked_at
from mendline.insight.evaluations import Marks, Question
from mendline.insight.standings import needs_rows
from mendline.model.timerange import TimeRange
from mendline.query import Plan, plan
from mendline.store.contract import TelemetryStore

_MOMENTS, _MOST_STEP_S = 30, 60
_WINDOW_OF_STRETCH = 0.5


@dataclass(frozen=True, slots=True)
class Stood:
    """At one moment: `holds` is whether the condition held for every group that something is known of (None: nothing is
    known), `value` the first number of the query, of the group for which it did not hold where there is one;
    `firing` are the keys of the groups for which it held."""

    at: datetime
    holds: bool | None
    value: float | None
    group: str = ""
    firing: tuple[tuple[str, ...], ...] = ()


def condition_course(
    store: TelemetryStore, asked: Plan, stretch: TimeRange, now: datetime, marks: Marks = tuple
) -> tuple[Stood, ...]:
    """Of a plan with a condition, over what lies within the stretch alone: the window is shortened where it would look
    back over its beginning. Oldest first. Raises as `answer` does."""
    length_s = stretch.seconds
    step_s = max(1, min(_MOST_STEP_S, math.ceil(length_s / _MOMENTS)))
    window_s = max(1.0, math.floor(length_s * _WINDOW_OF_STRETCH))
    if asked.window is not None and asked.window.length_ns is not None:
        window_s = min(window_s, asked.window.length_ns / 1e9)
    window = plan.Window(int(window_s * 1e9), None, step_s * 10**9)
    over_time = replace(asked, window=window, hold=None, order=(), limit=None)
    looked = looked_at(store, over_time, Question("", stretch, now, every_ns=step_s * 10**9, marks=marks))
    first, keys = stretch.start + timedelta(seconds=window_s), len(asked.keys)
    moments: dict[datetime, list[_Group]] = {}
    unknown_without = needs_rows(asked)
    for evaluations in looked.telling.course(looked.series):
        for row, told, has_rows in evaluations:
            at = datetime.fromisoformat(row[0])
            if first <= at <= stretch.end:
                holds = None if unknown_without and not has_rows else told
                group = tuple("" if key is None else str(key) for key in row[1 : 1 + keys])
                moments.setdefault(at, []).append((holds, first_number(row[1 + keys :]), group))
    return tuple(_stood(at, groups) for at, groups in sorted(moments.items()))


def first_number(values: Sequence[Any]) -> float | None:
    """The first of some values that is a number."""
    return next((float(it) for it in values if isinstance(it, (int, float)) and not isinstance(it, bool)), None)


_Group = tuple[bool | None, float | None, tuple[str, ...]]


def _stood(at: datetime, groups: Sequence[_Group]) -> Stood:
    broken = next((one for one in groups if one[0] is False), None)
    holding = next((one for one in groups if one[0] is True), None)
    holds, value, keys = broken or holding or (None, None, ())
    return Stood(at, holds, value, " · ".join(keys), tuple(one[2] for one in groups if one[0] is True))
