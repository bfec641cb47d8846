"""The shop's running account: what became of each order since the shop opened, however long ago that was."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_FORGET_AFTER_S = 3 * 3600.0
"""Twice as long as an order can be seen anywhere: its row and its dead letter are kept for an hour each."""


@dataclass(frozen=True, slots=True)
class Balance:
    """How many orders there were; `placed` is the sum of the other four. `waiting` were in flight for long."""

    placed: int = 0
    paid: int = 0
    refused: int = 0
    poisoned: int = 0
    in_flight: int = 0
    waiting: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether nothing is missing and nothing is there twice."""
        return self.placed == self.paid + self.refused + self.poisoned + self.in_flight


class Ledger:
    """Adds up what each look finds. `placed` counts an order when it is first heard of, and never again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._placed = 0
        self._open: dict[str, float] = {}
        self._done: dict[str, tuple[str, float]] = {}
        self._settled = {"paid": 0, "refused": 0, "poisoned": 0}

    def look(self, accepted: Iterable[str], rows: Mapping[str, str], dead: Iterable[str]) -> None:
        """Take note of orders that were newly accepted, of the table's rows (id: status) and of dead letters."""
        now_s = self._clock()
        for name in (*accepted, *rows, *dead):
            if name not in self._open and name not in self._done:
                self._placed += 1
                self._open[name] = now_s
        for name, status in rows.items():
            if status in ("paid", "refused"):
                self._settle(name, status, now_s)
        for name in dead:
            if name in self._open:
                self._settle(name, "poisoned", now_s)
        self._done = {name: done for name, done in self._done.items() if now_s - done[1] < _FORGET_AFTER_S}

    def _settle(self, name: str, status: str, now_s: float) -> None:
        """An order may be poisoned first and paid later, when somebody mended it; it counts once."""
        before, _ = self._done.get(name, ("", 0.0))
        if before in ("paid", "refused"):
            status = before
        elif before:
            self._settled[before] -= 1
        if before != status:
            self._settled[status] += 1
        self._open.pop(name, None)
        self._done[name] = (status, now_s)

    def balance(self, long_s: float = 600.0) -> Balance:
        """The account now."""
        waiting = sum(self._clock() - since_s > long_s for since_s in self._open.values())
        return Balance(self._placed, **self._settled, in_flight=len(self._open), waiting=waiting)
