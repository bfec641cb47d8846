"""What a service's resources gave to all who call them, in one time against another: is it them, or only us?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mendline.analysis.gate import chance
from mendline.analysis.hypergeometric import log_tail
from mendline.analysis.verdict import Part
from mendline.insight.answers import answer
from mendline.insight.evaluations import Question
from mendline.insight.moments import range_parameters
from mendline.model.histogram import bucket_at, quantile
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

_LEAST_CALLS = 20
_MOST_MINUTES, _FEW_CALLS = 120, 5000  # of which durations are counted; of few calls, of all minutes
_TIMES, _LEAST_MS = 1.25, 2.0
_FAILS_TIMES, _LEAST_FAILURES, _CHANCE = 1.5, 3, 0.01
Resource = tuple[str, str, str]
"""Type, name, operation."""


@dataclass(slots=True)
class _Calls:
    calls: int = 0
    errors: int = 0
    throttled: int = 0
    durations: Counter[int] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class CalledThen:
    """One operation of a resource, as our services called it now and usually: medians in ms, shares of errors.
    `slow_elsewhere` and `failed_elsewhere` are of the calls of all others now, slow meaning slower than 99 of 100 of
    theirs usually. Of many calls in a long range, durations are those of some minutes, which chance chose. `caller` is
    which of our services made most of the calls that failed."""

    resource: Resource
    calls: int
    usual_calls: int
    p50_ms: float
    usual_p50_ms: float
    errors: Part
    usual_errors: Part
    throttled: int
    slow: Part
    slow_elsewhere: Part
    failed_elsewhere: Part
    caller: str = ""

    @property
    def is_slower(self) -> bool:
        """Whether most of our calls take longer than they did."""
        enough = min(self.calls, self.usual_calls) >= _LEAST_CALLS
        longer = self.p50_ms - self.usual_p50_ms
        return enough and self.p50_ms >= _TIMES * self.usual_p50_ms and longer >= _LEAST_MS

    @property
    def fails_more(self) -> bool:
        """Whether our calls fail half as often again as they did, three times at least, and beyond chance."""
        now, then = self.errors, self.usual_errors
        if now.found < _LEAST_FAILURES or now.share < _FAILS_TIMES * then.share or now.share - then.share < 0.001:
            return False
        return not then.of or chance(log_tail(now.found, now.found + then.found, now.of, now.of + then.of)) <= _CHANCE

    @property
    def words(self) -> str:
        """The resource as people call it."""
        return " ".join(filter(None, self.resource))


def called_then(
    store: TelemetryStore,
    services: Sequence[str],
    now: TimeRange,
    usual: Sequence[TimeRange],
    *,
    with_durations: bool = True,
) -> dict[Resource, CalledThen]:
    """Everything that these services call now. Without durations, which cost most, all of these are 0."""
    ours, others = _read(store, services, [now], with_durations=with_durations)
    ours_usual, others_usual = _read(store, services, usual, with_durations=with_durations)
    nothing = _Calls()
    return {
        resource: _compared(
            resource,
            own,
            ours_usual.get(resource, nothing),
            others.get(resource, nothing),
            others_usual.get(resource, nothing),
        )
        for resource, own in ours.items()
    }


def failures_of(
    store: TelemetryStore, resource: Resource, services: Sequence[str], now: TimeRange, moment: datetime
) -> tuple[str, str]:
    """The kind and the type of most failures of our calls to one operation; '' where nothing is told."""
    of = " or ".join(f"service:{value_text(name)}" for name in services)
    told = zip(("resource.type", "resource.name", "resource.operation"), resource, strict=True)
    which = " ".join(f"{field}:{value_text(value)}" for field, value in told if value)
    text = f"operations error ({of}) {which} | count() by error.kind, error.type | sort count() desc | limit 1"
    rows = answer(store, Question(text, now, moment)).rows
    return (str(rows[0][0] or ""), str(rows[0][1] or "")) if rows else ("", "")


def _compared(resource: Resource, own: _Calls, own_usual: _Calls, others: _Calls, others_usual: _Calls) -> CalledThen:
    return CalledThen(
        resource=resource,
        calls=own.calls,
        usual_calls=own_usual.calls,
        p50_ms=quantile(own.durations, 0.5),
        usual_p50_ms=quantile(own_usual.durations, 0.5),
        errors=Part(own.errors, own.calls),
        usual_errors=Part(own_usual.errors, own_usual.calls),
        throttled=own.throttled,
        slow=_slower(own, own_usual),
        slow_elsewhere=_slower(others, others_usual),
        failed_elsewhere=Part(others.errors, others.calls),
        caller=max(own.failing, key=lambda name: own.failing[name], default=""),
    )


def _slower(now: _Calls, usual: _Calls) -> Part:
    """How many calls take longer than 99 of 100 did; none of none where too few did to say."""
    before = usual.durations.total()
    if before < _LEAST_CALLS:
        return Part(0, 0)
    bound = bucket_at(usual.durations, math.ceil(0.99 * before) - 1)
    return Part(sum(count for bucket, count in now.durations.items() if bucket > bound), now.durations.total())


def _read(
    store: TelemetryStore, services: Sequence[str], ranges: Sequence[TimeRange], *, with_durations: bool
) -> tuple[dict[Resource, _Calls], dict[Resource, _Calls]]:
    """Of the services, and of all others."""
    ours: dict[Resource, _Calls] = {}
    others: dict[Resource, _Calls] = {}
    for one in ranges:
        rows = store.select("called", {**range_parameters(one), "services": list(services)})
        calls: Counter[str] = Counter()
        for row in rows:
            kept = _kept(ours if row["service"] in services else others, row)
            kept.calls += row["calls"]
            kept.errors += row["errors"]
            kept.failing[row["service"]] += row["errors"]
            kept.throttled += row["throttled"]
            calls[row["name"]] += row["calls"]
        every = max(1, math.ceil((one.end - one.start).total_seconds() / 60 / _MOST_MINUTES))
        few = [name for name, count in calls.items() if count < _FEW_CALLS]
        wanted = {**range_parameters(one), "names": [*calls], "every": every, "few": few}
        for row in store.select("called_durations", wanted) if rows and with_durations else ():
            kept = _kept(ours if row["service"] in services else others, row)
            kept.durations.update(dict(zip(*row["durations"], strict=True)))
    return ours, others


def _kept(of: dict[Resource, _Calls], row: Mapping[str, Any]) -> _Calls:
    return of.setdefault((row["type"], row["name"], row["operation"]), _Calls())
