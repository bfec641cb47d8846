"""Schedules as EventBridge has them, at the pace of the shop's own clock: `rate(...)`, and a time of the day."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from mendline_playground.host.function import ACCOUNT, REGION

Fire = Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A rule: its name, how often in seconds, at which second of that, and what happens then."""

    rule: str
    every_s: float
    at_s: float
    fire: Fire

    def next_after(self, shop_s: float) -> float:
        """The next moment of the shop's clock at which it is due."""
        return ((shop_s - self.at_s) // self.every_s + 1) * self.every_s + self.at_s


class Scheduler:
    """Fires schedules until cancelled; `speed` is how much faster than the wall the shop's clock goes."""

    def __init__(self, schedules: list[Schedule], *, speed: float, began_s: float) -> None:
        self._schedules = schedules
        self._speed = speed
        self._began_s = began_s

    def shop_s(self) -> float:
        """The shop's clock: Unix time when it began, faster from then on."""
        return self._began_s + (time.time() - self._began_s) * self._speed

    async def run(self) -> None:
        """Never returns by itself."""
        await asyncio.gather(*(self._follow(schedule) for schedule in self._schedules))

    async def _follow(self, schedule: Schedule) -> None:
        due = schedule.next_after(self.shop_s())
        while True:
            await asyncio.sleep(max(0.0, (due - self.shop_s()) / self._speed))
            await schedule.fire(scheduled_event(schedule.rule, due))
            due = max(due + schedule.every_s, schedule.next_after(self.shop_s()))


def scheduled_event(rule: str, moment_s: float) -> bytes:
    """What EventBridge hands to the targets of a scheduled rule."""
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.fromtimestamp(moment_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"],
        "detail": {},
    }
    return json.dumps(event).encode()
