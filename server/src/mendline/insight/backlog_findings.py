"""Queues and streams that will not drain, or that will lose what waits in them, and when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from mendline.insight.backlogs import TREND_SLICES, list_backlogs
from mendline.insight.things import Things, is_of
from mendline.insight.watch import Watched
from mendline.model.backlog import Backlog, Forecast
from mendline.model.finding import Finding
from mendline.model.timerange import TimeRange

SOON_S = 2 * 86400.0
"""How far ahead a loss is foretold."""
_LEAST_AGE_S, _LEAST_DEPTH = 120.0, 10
_LONGER = {
    "sqs": "; or set its retention to 14 days now, which what is in it already has too",
    "kinesis": "; or set its retention to 365 days at most now, which what is in it already has too",
}
_RISEN = 0.1  # of what waits now, below which it had not begun


def backlogs_ahead(watched: Watched) -> Iterator[Finding]:
    """Of each queue and stream that a metric tells of."""
    backlogs = list_backlogs(watched.store, watched.range)
    things = Things.of(watched.store, watched.now) if any(it.will_not_drain for it in backlogs) else Things([])
    for backlog in backlogs:
        since = _since(backlog, watched.range)
        if backlog.takes_dead_letters:
            waits, drains_never = bool(backlog.depth), False
        else:
            waits = _waits(backlog)
            drains_never = waits and backlog.will_not_drain
        if waits and _loses(backlog):
            yield _loss(backlog, watched.range.end, since)
        if drains_never:
            yield _no_drain(backlog, watched.range.end, since, things)


def _waits(backlog: Backlog) -> bool:
    """Whether enough waits, or long enough, that it is more than what comes and goes."""
    if backlog.age_s is not None:
        return backlog.age_s >= _LEAST_AGE_S
    return (backlog.depth or 0) >= _LEAST_DEPTH


def _loses(backlog: Backlog) -> bool:
    if backlog.age_s is not None and backlog.age_s >= backlog.retention_s:
        return True
    lost, drained = backlog.lost, backlog.drained
    if lost is None or lost.middle_s > SOON_S or backlog.age_grows is None or backlog.age_grows.direction <= 0:
        return False
    return drained is None or drained.middle_s > lost.middle_s


def _loss(backlog: Backlog, end: datetime, since: datetime | None) -> Finding:
    lost = backlog.lost
    name, age_s = f"{backlog.type}/{backlog.name}", backlog.age_s or 0.0
    if lost is None or age_s >= backlog.retention_s:
        text = (
            f"{name} is losing data: the oldest is {_words(age_s)} old, and is kept for {_words(backlog.retention_s)}."
        )
    else:
        text = (
            f"{name} loses data at {_clock(end, lost.middle_s)} UTC ({_between(end, lost)}): its oldest is"
            f" {_words(age_s)} old"
            f" and kept for {_words(backlog.retention_s)}."
        )
    consumers = ", ".join(it.function for it in backlog.consumers)
    return Finding(
        kind="backlog",
        what="loses_data",
        owner="unknown",
        text=text,
        next_step=f"Let {consumers or 'something'} take from it again before then{_LONGER.get(backlog.type, '')}.",
        confidence="high" if lost is not None and lost.high_s is not None and backlog.retention_known else "medium",
        since=since,
        count=int(backlog.depth or 0),
        counted="messages",
        function=consumers if len(backlog.consumers) == 1 else "",
        resource=name,
        evidence=_rates(backlog),
    )


def _no_drain(backlog: Backlog, end: datetime, since: datetime | None, things: Things) -> Finding:
    name = f"{backlog.type}/{backlog.name}"
    consumers = [it.function for it in backlog.consumers]
    stopped = [
        it.name
        for it in things.of_type("lambda")
        for mapping in it.mappings()
        if is_of(mapping, backlog.name) and mapping.get("state") in ("Disabled", "Disabling")
    ]
    ahead = backlog.lost
    expires = f" What is oldest is lost at {_clock(end, ahead.middle_s)} UTC ({_between(end, ahead)})." if ahead else ""
    if stopped:
        next_step = f"Switch the event-source mapping of {', '.join(stopped)} on again."
    elif backlog.failing:
        next_step = f"Look at the record that fails again and again ({backlog.failing.id}), and take it out."
    else:
        next_step = f"Let {', '.join(consumers) or 'its consumers'} take more at once: concurrency, batch size, shards;"
        next_step += " or mend what makes each batch slower."
    return Finding(
        kind="consumer_stopped" if stopped else "backlog",
        what="will_not_drain",
        owner="configuration" if stopped else "unknown",
        text=f"{name} will not drain: {_waiting(backlog)}, and it grows.{expires}",
        next_step=next_step,
        confidence="high",
        since=since,
        count=int(backlog.depth or 0),
        counted="messages",
        function=consumers[0] if len(consumers) == 1 else "",
        resource=name,
        evidence=_rates(backlog),
    )


def _waiting(backlog: Backlog) -> str:
    told = [f"{backlog.depth:.0f} wait"] if backlog.depth is not None else []
    told += [f"the oldest for {_words(backlog.age_s)}"] if backlog.age_s else []
    return ", ".join(told)


def _rates(backlog: Backlog) -> tuple[str, ...]:
    told = []
    if backlog.in_per_s is not None and backlog.out_per_s is not None:
        told.append(f"{backlog.in_per_s:.2f} come and {backlog.out_per_s:.2f} go a second")
    for what, slope in (("what waits", backlog.depth_grows), ("the age of the oldest", backlog.age_grows)):
        if slope is not None and slope.direction:
            told.append(f"{what} grows by {slope.middle:.3g} a second (95 %: {slope.low:.3g} to {slope.high:.3g})")
    return tuple(told)


def _since(backlog: Backlog, time_range: TimeRange) -> datetime | None:
    """When it began to rise, by the slices of its trend; None where it was so at the beginning already."""
    now = next((value for value in reversed(backlog.trend) if value is not None), None)
    if not now:
        return None
    low = [number for number, value in enumerate(backlog.trend) if value is not None and value <= _RISEN * now]
    if not low:
        return None
    return time_range.start + (time_range.end - time_range.start) * ((low[-1] + 1) / TREND_SLICES)


def _clock(end: datetime, seconds: float) -> str:
    at = end + timedelta(seconds=seconds)
    return f"{at:%H:%M}" if at.date() == end.date() else f"{at:%Y-%m-%d %H:%M}"


def _between(end: datetime, told: Forecast) -> str:
    latest = f"and {_clock(end, told.high_s)}" if told.high_s is not None else "at the earliest; perhaps never"
    return f"95 %: between {_clock(end, told.low_s)} {latest}" if told.high_s else f"{_clock(end, told.low_s)} {latest}"


def _words(seconds: float) -> str:
    for name, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.0f} s"
