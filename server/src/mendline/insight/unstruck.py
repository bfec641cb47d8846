"""Telemetry without what chaos experiments struck: what is usual, policies, costs, findings and reports are asked of
that, unless somebody asks for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mendline.errors import UsageError
from mendline.insight.moments import to_ns
from mendline.model.experiment_run import Run
from mendline.model.learning_mark import BY_EXPERIMENT, LearningMark
from mendline.model.timerange import TimeRange
from mendline.query import Plan
from mendline.query.sentence import Calendar
from mendline.store.contract import StruckBy, TelemetryStore
from mendline.store.state import State, load_runs

LOOKED_BACK, LOOKED_BACK_IN_MONTHS = timedelta(days=1), timedelta(days=32)
_HOUR = timedelta(hours=1)
_AROUND = timedelta(minutes=16)  # a caller began so long before, or what came after so long afterwards


def unstruck(
    store: TelemetryStore, state: State, project: str, time_range: TimeRange, *, only_quiet: bool = False
) -> TelemetryStore:
    """Without what any run struck in a range; the store itself where none did. With `only_quiet`, what runs struck that
    are to wake people is left in. Raises StateError."""
    with state.reading() as connection:
        runs = load_runs(connection, project, since=time_range.start - _HOUR)
    left_out = [run for run in runs if run.starts <= time_range.end and run.ordered_to_strike]
    return without(store, (run for run in left_out if not (only_quiet and run.experiment.alert_people)))


def wants_struck(asked: object) -> bool:
    """Whether a request, by its parameter `experiments`, asks for what experiments struck too. Raises UsageError."""
    if asked not in ("", "with"):
        raise UsageError("experiments can be `with`, or is left out: then what they struck is left out.")
    return bool(asked)


def without(store: TelemetryStore, runs: Iterable[Run]) -> TelemetryStore:
    """Without what these runs struck."""
    return store.without([_struck(run.tag, run.starts, run.settled) for run in runs])


def without_marked(store: TelemetryStore, marks: Iterable[LearningMark]) -> TelemetryStore:
    """Without what those experiments struck that marks of learning leave out."""
    return store.without(
        [
            _struck(mark.changed_by.removeprefix(BY_EXPERIMENT), mark.start, mark.end)
            for mark in marks
            if mark.is_of_struck and mark.end is not None
        ]
    )


def quiet_runs(asked: Plan, runs: Sequence[Run], now: datetime) -> tuple[Run, ...]:
    """Of the runs of which policies are to say nothing: those that a condition looks back on."""
    window = asked.window
    length = timedelta(seconds=window.length_ns / 1e9) if window is not None and window.length_ns else _HOUR
    if window is not None and window.calendar is not None:
        length = LOOKED_BACK_IN_MONTHS if is_of_month(asked) else LOOKED_BACK
    hold = timedelta(seconds=(asked.hold.length_ns or 0) / 1e9) if asked.hold is not None else timedelta()
    since = now - length - hold - _HOUR  # an invocation tells its end, and may have begun before
    return tuple(run for run in runs if not run.experiment.alert_people and run.starts <= now and run.over >= since)


def is_of_month(asked: Plan) -> bool:
    """Whether it looks back to the beginning of the month."""
    return asked.window is not None and asked.window.calendar is Calendar.THIS_MONTH


def _struck(tag: str, start: datetime, end: datetime) -> StruckBy:
    return StruckBy(tag, to_ns(start - _AROUND), to_ns(end + _AROUND))
