"""Plans over what no chaos experiment touched: what experiments do is marked, and left out where nobody asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from mendline.model.experiment_run import Run
from mendline.query import Plan, Source, plan
from mendline.query.fields import find_field
from mendline.query.types import TEXT

LOOKED_BACK = timedelta(days=1)
_HOUR = timedelta(hours=1)


def unmarked(asked: Plan, tags: Sequence[str]) -> Plan:
    """The plan without what the runs of these tags touched; itself where there is none, or where rows have no marks."""
    field = find_field("chaos" if asked.source is Source.TRACES else "chaos.id", asked.source)
    if not tags or field is None:
        return asked
    column = plan.Column(field.key, field.type)
    of_these = plan.OneOf(column, tuple(plan.Constant(tag, TEXT) for tag in tags))
    left = plan.Not(plan.Flag(column) if asked.source is Source.TRACES else of_these)
    return replace(asked, filter=plan.And((asked.filter, left)) if asked.filter is not None else left)


def quiet_tags(asked: Plan, runs: Iterable[Run], now: datetime) -> tuple[str, ...]:
    """Of the runs of which policies are to say nothing: those that a condition looks back on."""
    window = asked.window
    length = timedelta(seconds=window.length_ns / 1e9) if window is not None and window.length_ns else _HOUR
    length = LOOKED_BACK if window is not None and window.calendar is not None else length
    hold = timedelta(seconds=(asked.hold.length_ns or 0) / 1e9) if asked.hold is not None else timedelta()
    since = now - length - hold - _HOUR  # an invocation tells its end, and may have begun before
    return tuple(run.tag for run in runs if not run.experiment.alert_people and run.starts <= now and run.over >= since)
