"""What a condition would have said in the past: when it held, how many messages that makes, and a better threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from mendline.insight.answer_groups import groups
from mendline.insight.condition_course import first_number
from mendline.insight.evaluations import MOST_STEPS, Question
from mendline.model.incident import Incident
from mendline.model.timerange import TimeRange
from mendline.query import Plan, plan
from mendline.query.types import Kind
from mendline.store.contract import TelemetryStore

_STEPS_S = (60, 120, 300, 600, 900, 1800, 3600, 7200)
_STEPS_AT_ONCE, _MOST_PARTS = MOST_STEPS - 10, 8
MOST_FIRED = 200
_EARLY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Fired:
    """Once that a group would have fired; `values` are those of the worst moment."""

    group: str
    start: datetime
    end: datetime
    peak: float | None


@dataclass(frozen=True, slots=True)
class BackTest:
    """`messages` is how many first messages that makes, with the quiet time of each group. `suggested` is a threshold
    that would have been passed about once a week, where the condition compares one number and fired more often."""

    fired: tuple[Fired, ...]
    messages: int
    days: float
    step_s: int
    suggested: float | None
    learning: bool

    @property
    def messages_per_week(self) -> float:
        """On average."""
        return round(self.messages * 7 / self.days, 1)


def back_test(store: TelemetryStore, asked: Plan, now: datetime, days: int, quiet_s: int) -> BackTest:
    """Evaluates a policy's condition over the last days, in steps that fit. Raises as `answer` does."""
    window = asked.window or plan.Window(3600 * 10**9, None, None)
    step_s = _step_s(window, days)
    over_time = replace(asked, window=replace(window, every_ns=step_s * 10**9), order=(), limit=None)
    keys, learning = len(asked.keys), True
    held: dict[tuple[Any, ...], list[tuple[datetime, float | None]]] = {}
    for part in _parts(now, days, step_s):
        found = groups(store, over_time, Question("", part, now, every_ns=step_s * 10**9))
        learning = learning and found.learning
        for row in () if found.learning else found.rows:
            held.setdefault(tuple(row[1 : 1 + keys]), []).append((_moment(row[0]), first_number(row[1 + keys :])))
    fired: list[Fired] = []
    messages = 0
    for group, moments in held.items():
        runs = _runs(moments, step_s)
        fired += [Fired(" · ".join(map(str, group)) or "all", *run) for run in runs]
        messages += _messages([run[0] for run in runs], quiet_s)
    fired.sort(key=lambda one: one.start, reverse=True)
    suggested = _suggested(asked, fired, days)
    return BackTest(tuple(fired[:MOST_FIRED]), messages, days, step_s, suggested, learning)


def caught(told: BackTest, incidents: Sequence[Incident], now: datetime) -> tuple[list[Incident], list[Incident]]:
    """Of the incidents in the days that were looked at, those during which it would have fired, or up to five minutes
    before; and those that it would have missed."""
    since = now - timedelta(days=told.days)
    lately = [one for one in incidents if one.opened >= since]
    found = [one for one in lately if any(_meets(run, one, now) for run in told.fired)]
    return found, [one for one in lately if one not in found]


def _meets(run: Fired, incident: Incident, now: datetime) -> bool:
    about = {*incident.functions, *incident.resources}
    named = about & {part.strip() for key in run.group.split(" · ") for part in (key, key.rpartition("/")[2])}
    if not named and run.group != "all" and about:
        return False
    began = (incident.began or incident.opened) - _EARLY
    return run.start <= (incident.resolved or now) and run.end >= began


def in_words(told: BackTest) -> str:
    """It in a sentence or two."""
    span = f"the last {told.days:g} days"
    if told.learning:
        return f"Nothing can be said of {span}: what is usual is still learned."
    if not told.fired:
        return f"It would not have fired in {span}."
    times = "once" if len(told.fired) == 1 else f"{len(told.fired)} times"
    more = f" About once a week it would have been with a threshold of {told.suggested:,.6g}." if told.suggested else ""
    messages = "1 message" if told.messages_per_week == 1 else f"{told.messages_per_week:g} messages"
    return f"It would have fired {times} in {span}: {messages} a week.{more}"


def _step_s(window: plan.Window, days: int) -> int:
    """As short as the window, so that nothing lies between two, if that many steps can be looked at."""
    longest = window.length_ns / 1e9 if window.length_ns else _STEPS_S[-1]
    fits = [one for one in _STEPS_S if days * 86_400 / one <= _STEPS_AT_ONCE * _MOST_PARTS]
    return max((one for one in fits if one <= longest), default=fits[0])


def _parts(now: datetime, days: int, step_s: int) -> list[TimeRange]:
    """The days in parts of as many steps as a query may have, oldest first."""
    length = timedelta(seconds=step_s * _STEPS_AT_ONCE)
    start = now - timedelta(days=days)
    parts = []
    while start < now:
        parts.append(TimeRange(start, min(start + length, now)))
        start += length
    return parts


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _runs(
    moments: Sequence[tuple[datetime, float | None]], step_s: int
) -> list[tuple[datetime, datetime, float | None]]:
    """Evaluations one after the other, with at most one between that did not hold."""
    runs: list[tuple[datetime, datetime, float | None]] = []
    for at, value in moments:
        if runs and (at - runs[-1][1]).total_seconds() <= 2 * step_s:
            start, _, peak = runs[-1]
            known = [one for one in (peak, value) if one is not None]
            runs[-1] = (start, at, max(known) if known else None)
        else:
            runs.append((at, at, value))
    return runs


def _messages(starts: Sequence[datetime], quiet_s: int) -> int:
    told: datetime | None = None
    count = 0
    for start in starts:
        if told is None or (start - told).total_seconds() >= quiet_s:
            told, count = start, count + 1
    return count


def _suggested(asked: Plan, fired: Sequence[Fired], days: float) -> float | None:
    """Of a condition `number > threshold` that fired more than once a week: what only as many reached as there were
    weeks."""
    condition = asked.condition
    if not isinstance(condition, plan.Compare) or not isinstance(condition.right, plan.Constant):
        return None
    if str(condition.relation.value) not in (">", ">=") or condition.right.type.kind is not Kind.NUMBER:
        return None
    if not asked.columns or asked.columns[0].value != condition.left:
        return None
    wanted = max(1, round(days / 7))
    peaks = sorted((one.peak for one in fired if one.peak is not None), reverse=True)
    return peaks[wanted] if len(peaks) > wanted else None
