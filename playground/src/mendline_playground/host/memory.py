"""The memory of an environment: how much its processes have used, and the end of the one that takes it over the limit.

Lambda's kernel kills the largest process when the environment's memory is used up. Here the resident memory of all
processes is looked at every few milliseconds while they run, and once more before an answer counts, so that nothing
that needed more than its function has ever succeeds. Elsewhere than on Linux nothing is known, and nothing is limited.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator

_EVERY_S = 0.05
_JUST_S = 0.01


class MemoryWatch:
    """Watches the processes below the given leaders; `peak_mb` is the most that was seen.

    `leaders` gives the process ids as they are now, None for those that are gone.
    """

    def __init__(self, limit_mb: int, leaders: Callable[[], Iterable[int]]) -> None:
        self._limit_kb = limit_mb * 1024
        self._leaders = leaders
        self._task: asyncio.Task[None] | None = None
        self._suspected = False
        self._looked_at = 0.0
        self.peak_kb = 0
        self.killed: set[int] = set()
        """The processes that were killed because there was no memory left."""

    @property
    def peak_mb(self) -> int:
        """The peak in MB, rounded up."""
        return (self.peak_kb + 1023) // 1024

    def start(self) -> None:
        """Look from now on."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._look_on())

    def stop(self) -> None:
        """Look once more, unless that has just been done, and then no more: what is frozen takes nothing."""
        if time.monotonic() - self._looked_at > _JUST_S:
            self.look()
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            self.look()

    def look(self) -> bool:
        """Look once: whether all is within the limit; if not, the largest process has been killed."""
        self._looked_at = time.monotonic()
        sizes = {pid: sizes for leader in self._leaders() for pid, sizes in _processes(leader)}
        together_kb = sum(now for now, _ in sizes.values())
        highest_kb = max((peak for _, peak in sizes.values()), default=0)
        # A process just forked has the same pages as its parent, so what several have together must be seen twice.
        over_together = together_kb > self._limit_kb
        confirmed, self._suspected = over_together and self._suspected, over_together
        if not over_together or confirmed:
            self.peak_kb = max(self.peak_kb, together_kb)
        self.peak_kb = max(self.peak_kb, highest_kb)
        if highest_kb <= self._limit_kb and not confirmed:
            return True
        victim = max(sizes, key=lambda pid: max(sizes[pid]))
        self.killed.add(victim)
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return False


def _processes(pid: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """A process and all below it, each with its resident memory and the peak of that, in KB."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123 - three times as fast, and it is asked often
            status = file.read()
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - as above
        children = b" ".join(map(_children, [pid] * len(tasks), tasks)).split()
    except OSError:
        return
    if (now_kb := _figure(status, b"VmRSS:")) is not None:
        yield pid, (now_kb, _figure(status, b"VmHWM:") or now_kb)
    for child in children:
        yield from _processes(int(child))


def _children(pid: int, task: str) -> bytes:
    try:
        with open(f"/proc/{pid}/task/{task}/children", "rb") as file:  # noqa: PTH123 - as above
            return file.read()
    except OSError:
        return b""


def _figure(status: bytes, name: bytes) -> int | None:
    at = status.find(name)
    return int(status[at + len(name) : status.index(b"kB", at)]) if at >= 0 else None
