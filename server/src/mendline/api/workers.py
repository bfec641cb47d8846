"""Threads of their own for requests that bring telemetry: reads never keep them waiting, and few work at once, so that
memory is asked for by few at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from mendline.errors import BusyError

THREADS, MOST_WAITING = 8, 256
T = TypeVar("T")


class Workers:
    """A number of threads, shared by all ways in."""

    def __init__(self, threads: int = THREADS, most_waiting: int = MOST_WAITING) -> None:
        self._limiter = CapacityLimiter(threads)
        self._most_waiting = most_waiting

    async def run(self, work: Callable[[], T]) -> T:
        """Do something in one of them, after those who came before. Raises BusyError when too many wait already."""
        if self._limiter.statistics().tasks_waiting >= self._most_waiting:
            raise BusyError("More requests wait to be checked than can be in time. Send again in a moment.")
        return await to_thread.run_sync(work, limiter=self._limiter)
