"""The two times that signs compare, and whose signs are asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mendline.analysis.gate import chance
from mendline.analysis.hypergeometric import log_tail
from mendline.insight.architecture import source_name
from mendline.insight.backlogs import list_backlogs
from mendline.insight.moments import range_parameters
from mendline.model.backlog import Backlog
from mendline.model.change import Change
from mendline.model.retry_limit import Pushed, pushed_by
from mendline.model.timerange import TimeRange
from mendline.store.contract import TelemetryStore

Rows = Sequence[Mapping[str, Any]]
CHANCE = 1e-3
_TIMES = 1.5


@dataclass(frozen=True)
class Looked:  # without slots, so that what several signs ask for is read once
    """`functions` are those that were invoked in either time. `long_before` ends where `now` begins, and is as long as
    may be looked at: for what is seldom. `failing` are those whose calls fail more than usual:
    what follows from that is told as less. `changes` are newest first. `level` is the chance at which a share counts as
    more."""

    store: TelemetryStore
    functions: tuple[str, ...]
    now: TimeRange
    usual: TimeRange
    long_before: TimeRange
    changes: tuple[Change, ...] = ()
    failing: frozenset[str] = frozenset()
    level: float = CHANCE

    def rows(self, when: TimeRange, statement: str, functions: Sequence[str], **parameters: Any) -> Rows:
        """The rows of a statement of one of the times. What is usual is read of those alone that seem to be off."""
        if not functions:
            return ()
        return self.store.select(statement, {**range_parameters(when), "functions": list(functions), **parameters})

    @property
    def times(self) -> float:
        """How many times as long the time now is as what is usual."""
        return (self.now.end - self.now.start) / (self.usual.end - self.usual.start)

    @cached_property
    def backlogs(self) -> tuple[Backlog, ...]:
        """Queues and streams now."""
        return list_backlogs(self.store, self.now)

    @cached_property
    def consumers(self) -> dict[tuple[str, str], dict[str, tuple[int, int, int]]]:
        """By what invoked them (type and name), functions and their invocations now, failed ones now, and usually."""
        found: dict[tuple[str, str], dict[str, tuple[int, int, int]]] = {}
        for when, place in ((self.now, 0), (self.usual, 2)):
            for row in self.store.select("invoked_by", range_parameters(when)):
                of = found.setdefault((row["trigger"], source_name(row["source"])), {})
                told = list(of.get(row["function"], (0, 0, 0)))
                told[place] += row["calls"]
                told[1] += row["errors"] if place == 0 else 0
                of[row["function"]] = (told[0], told[1], told[2])
        return found

    @cached_property
    def takers(self) -> tuple[str, ...]:
        """The functions that got messages or records now."""
        found = {
            function
            for (trigger, source), of in self.consumers.items()
            if source and pushed_by(trigger) is not Pushed.SYNCHRONOUSLY
            for function, (calls, _, _) in of.items()
            if calls
        }
        return tuple(sorted(found & {*self.functions}))


def is_more(now: int, of: int, usual: int, of_usual: int, level: float = CHANCE) -> bool:
    """Whether a share is half as large again as usual, beyond chance: by the exact test, what came counted half, as is
    right for few cases (H. O. Lancaster, "Significance tests in discrete distributions", 1961)."""
    if not of or not of_usual or now * of_usual < _TIMES * usual * of:
        return False
    tails = (chance(log_tail(one, now + usual, of, of + of_usual)) for one in (now, now + 1))
    return sum(tails) / 2 <= level
