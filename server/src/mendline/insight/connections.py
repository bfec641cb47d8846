"""Connections to what is called: made anew more often than usual, or waited for since a pool has no free one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mendline.analysis.gate import chance
from mendline.analysis.hypergeometric import log_tail
from mendline.analysis.path_times import PathDifference
from mendline.analysis.verdict import Part
from mendline.insight.answers import answer
from mendline.insight.called import Resource
from mendline.insight.evaluations import Question
from mendline.insight.moments import from_ns, range_parameters
from mendline.insight.shares import percent
from mendline.model.cause import Cause
from mendline.model.timerange import TimeRange
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore

_TIMES, _CHANCE = 1.5, 1e-3
_OF_THE_DIFFERENCE = 0.5
_MOST = timedelta(hours=6)
# What clients say whose pool has no free connection: urllib3, SQLAlchemy, psycopg, asyncpg, httpx, HikariCP, Node.js'
# pg-pool and generic-pool, Go's and .NET's drivers.
_POOL = re.compile(
    r"pool (has )?reached (its )?max|queuepool limit|emptypool|pool ?timeout|couldn't get a connection after"
    r"|connection is not available, request timed out|timeout exceeded when trying to connect"
    r"|resourcerequest timed out|pool exhausted|pool is (full|exhausted)|max pool size was reached"
    r"|connection pool (exhausted|timeout)|no (free|more) connections? (is|are) (available|allowed)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Connections:
    """How many calls made a connection of their own, now and usually, and what each of these took now."""

    made: Part
    usual: Part
    each_ms: float

    @property
    def is_renewed(self) -> bool:
        """Whether more calls make one than usual, beyond chance."""
        now, then = self.made, self.usual
        if not now.of or not then.of or now.share < _TIMES * then.share:
            return False
        return chance(log_tail(now.found, now.found + then.found, now.of, now.of + then.of)) <= _CHANCE

    def explain(self, path: PathDifference) -> bool:
        """Whether they are what a path takes longer for."""
        return self.is_renewed and self.each_ms >= _OF_THE_DIFFERENCE * (path.selected_ms - path.baseline_ms)

    @property
    def words(self) -> str:
        """What was found, as a sentence without its end."""
        usual = percent(self.usual.share)
        return (
            f"{percent(self.made.share)} of calls make a new connection, which takes {self.each_ms:,.0f} ms each;"
            f" usually {usual} do"
        )


def connections_then(
    store: TelemetryStore, services: Sequence[str], resources: Sequence[Resource], now: TimeRange, usual: TimeRange
) -> dict[Resource, Connections]:
    """Of the calls of these services to some operations, as far as spans tell of connections; of ranges at most their
    first hours (_MOST). Each is read only where the one before leaves something to ask."""

    def rows(statement: str, of: Sequence[Resource], when: TimeRange) -> dict[Resource, Mapping[str, Any]]:
        if not of:
            return {}
        types, names, operations = (list(column) for column in zip(*of, strict=True))
        short = TimeRange(when.start, min(when.end, when.start + _MOST))
        wanted = {"services": list(services), "types": types, "names": names, "operations": operations}
        told = store.select(statement, {**range_parameters(short), **wanted})
        return {(row["type"], row["name"], row["operation"]): row for row in told}

    made = {resource: row for resource, row in rows("connections_made", resources, now).items() if row["made"]}
    then = rows("connections_made", [*made], usual)
    took = rows("connecting_times", [*then], now)
    return {
        resource: Connections(
            Part(made[resource]["made"], made[resource]["calls"]),
            Part(was["made"], was["calls"]),
            took[resource]["making_ms"] / made[resource]["made"],
        )
        for resource, was in then.items()
    }


def words_of_errors(
    store: TelemetryStore, services: Iterable[str], now: TimeRange, now_ns: int
) -> tuple[tuple[str, int], ...]:
    """What the errors of these services say, and how often, most first."""
    of = " or ".join(f"function:{value_text(name)}" for name in services)
    text = f"invocations error ({of}) | count() by error.message | sort count() desc | limit 20"
    return tuple(
        (str(said or ""), int(count)) for said, count in answer(store, Question(text, now, from_ns(now_ns))).rows
    )


def pool_cause(
    function: str, said: Iterable[tuple[str, int]], called: Mapping[Resource, object], own_ms: float
) -> Cause | None:
    """A pool of connections that is too small, where errors say so; the resource is the one that they name, or the only
    one that is called. `own_ms` is how much longer invocations are busy with no call."""
    told = [(text, count) for text, count in said if _POOL.search(text)]
    if not told:
        return None
    names = {(type_, name) for type_, name, _ in called}
    named = {one for one in names if any(one[1] and one[1] in text for text, _ in told)} or names
    resource = "/".join(next(iter(named))) if len(named) == 1 else ""
    waits = f", and invocations wait {own_ms:,.0f} ms more before their calls" if own_ms > 0 else ""
    count = sum(many for _, many in told)
    return Cause(
        "pool_exhausted",
        "configuration",
        f"{function} has no free connection in its pool{' to ' + resource.replace('/', ' ') if resource else ''}:"
        f" {count:,} errors say so{waits}.",
        0.96,
        "high" if own_ms > 0 else "medium",
        function,
        resource,
        evidence=(f"“{told[0][0][:160]}”",),
    )
