"""The environments of one function: at most so many, the warmest first, and a queue when all are busy."""

import asyncio
import time
from collections import deque

from mendline_playground.host.environment import Environment
from mendline_playground.host.function import Function
from mendline_playground.host.invocation import Invocation
from mendline_playground.host.logs import LogRing


class Pool:
    """Runs the invocations of one function.

    AWS never queues a synchronous invocation; this does, because a laptop cannot start an environment for
    each message of a fan-out. The cap is therefore a setting.
    """

    def __init__(self, function: Function, logs: LogRing, *, cap: int, init_limit_s: float) -> None:
        self.function = function
        self._logs = logs
        self._cap = cap
        self._init_limit_s = init_limit_s
        self._idle: list[Environment] = []  # the most recently used last
        self._busy: set[Environment] = set()
        self._queue: deque[Invocation] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def environments(self) -> list[Environment]:
        """All environments, idle and busy."""
        return [*self._idle, *self._busy]

    @property
    def queued(self) -> int:
        """How many invocations wait for an environment."""
        return len(self._queue)

    def submit(self, invocation: Invocation) -> None:
        """Execute as soon as an environment is free; the invocation's `answer` and `done` tell the rest."""
        self._queue.append(invocation)
        self._start_next()

    def _start_next(self) -> None:
        while self._queue and (self._idle or len(self._busy) < self._cap):
            environment = self._idle.pop() if self._idle else self._new_environment()
            self._busy.add(environment)
            task = asyncio.ensure_future(self._run(environment, self._queue.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _new_environment(self) -> Environment:
        return Environment(self.function, self._logs, init_limit_s=self._init_limit_s)

    async def _run(self, environment: Environment, invocation: Invocation) -> None:
        try:
            await environment.run(invocation)
        finally:
            self._busy.discard(environment)
            self._idle.append(environment)
            self._start_next()

    async def expire(self, idle_s: float) -> None:
        """Shut the environments down that have been idle for longer."""
        limit = time.monotonic() - idle_s
        old = [environment for environment in self._idle if environment.idle_since < limit]
        for environment in old:
            self._idle.remove(environment)
        for environment in old:
            await environment.close()

    async def close(self) -> None:
        """Kill everything at once; invocations under way and queued fail."""
        queued, self._queue = list(self._queue), deque()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(environment.close() for environment in self.environments))
        self._idle.clear()
        self._busy.clear()
        for invocation in queued:
            invocation.answer.cancel()
