"""How much of what waits in a queue or a stream reaches a function: all of it, at once, unless told otherwise."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

Item = TypeVar("Item")


class Flow:
    """Asked by every poller. `limits` are events a second by function, `losses` shares of what vanishes."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311 - reproducible, no secrets
        self.limits: Mapping[str, float] = {}
        self.losses: Mapping[str, float] = {}

    def pause_s(self, function: str, events: int) -> float:
        """How long to wait after so many events, before the next."""
        limit = self.limits.get(function, 0.0)
        return events / limit if limit else 0.0

    def keep(self, function: str, items: Sequence[Item]) -> list[Item]:
        """What does not vanish on its way."""
        share = self.losses.get(function, 0.0)
        return [item for item in items if not share or self._random.random() >= share]
