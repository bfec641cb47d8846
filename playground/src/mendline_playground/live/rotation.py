"""Incidents by themselves, one after the other, so that something has always happened lately."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence

from mendline_playground.live.injector import Injector
from mendline_playground.scenario import Scenario

BY = "rotation"
FIRST_AFTER_S = 90.0
_LOOK_EVERY_S = 1.0


class Rotation:
    """Starts a scenario every `every_s`, in an order of its own, and never while another one is played.

    Quiet controls are left out, and so is what cannot be played here. `next_s` is when the next one is due (Unix time).
    """

    def __init__(
        self,
        injector: Injector,
        scenarios: Sequence[Scenario],
        every_s: float,
        *,
        seed: int = 1,
        first_after_s: float = FIRST_AFTER_S,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._injector = injector
        self._scenarios = [one for one in scenarios if "live" in one.modes and not one.is_control]
        self._every_s = every_s
        self._random = random.Random(seed)  # noqa: S311 - reproducible, no secrets
        self._now = now
        self._order = self._shuffled()
        self.next_s = now() + min(first_after_s, every_s)

    async def run(self) -> None:
        """Start one after the other until cancelled."""
        while self._scenarios:
            await asyncio.sleep(max(0.0, min(_LOOK_EVERY_S, self.next_s - self._now())))
            self.look()

    def look(self) -> None:
        """Start the next one if it is due and nothing is played."""
        if self._now() < self.next_s or self._injector.running:
            return
        scenario = next(self._order)
        if not self._injector.why_not(scenario):
            self._injector.start(scenario, by=BY)
            self.next_s = self._now() + self._every_s

    def _shuffled(self) -> Iterator[Scenario]:
        while True:
            yield from self._random.sample(self._scenarios, len(self._scenarios))
