"""The environments of one function: at most so many, the warmest first, and a queue when all are busy."""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from mendline_playground.host.concurrency import Concurrency
from mendline_playground.host.environment import Environment
from mendline_playground.host.function import Function
from mendline_playground.host.invocation import Invocation
from mendline_playground.host.metrics import Meter
from mendline_playground.host.refusals import ThrottledError


class Pool:
    """Runs the invocations of one function, of all its versions.

    AWS never queues a synchronous invocation; this does below the concurrency limits, because a laptop cannot start
    an environment for each message of a fan-out. The cap is therefore a setting.
    """

    def __init__(
        self,
        name: str,
        make_environment: Callable[[Function], Environment],
        concurrency: Concurrency,
        meter: Meter,
        *,
        cap: int,
    ) -> None:
        self._name = name
        self._make_environment = make_environment
        self._concurrency = concurrency
        self._meter = meter
        self._cap = cap
        self._idle: list[Environment] = []  # the most recently used last
        self._busy: set[Environment] = set()
        self._retired: set[Environment] = set()
        self._closing: set[Environment] = set()
        self._queue: deque[Invocation] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self.is_chilled: Callable[[Function], bool] = lambda _: False
        """Asked before a warm environment is taken: whether it is shut down, and another one begins instead."""

    @property
    def environments(self) -> list[Environment]:
        """All environments, idle and busy."""
        return [*self._idle, *self._busy]

    @property
    def queued(self) -> int:
        """How many invocations wait for an environment."""
        return len(self._queue)

    def submit(self, invocation: Invocation) -> None:
        """Execute as soon as an environment is free; the invocation's `answer` and `done` tell the rest.

        Raises ThrottledError when a concurrency limit is reached.
        """
        try:
            self._concurrency.enter(self._name)
        except ThrottledError:
            self._meter.count("Throttles", self._name, invocation.qualifier)
            raise
        running = self._concurrency.running(self._name)
        self._meter.count("ConcurrentExecutions", self._name, invocation.qualifier, running)
        self._queue.append(invocation)
        self._start_next()

    def _start_next(self) -> None:
        while self._queue and (environment := self._environment_for(self._queue[0].function)):
            self._busy.add(environment)
            self._spawn(environment, self._queue.popleft())

    def _environment_for(self, function: Function) -> Environment | None:
        """An idle environment of this very version, or a new one, for which an idle one of another may have to go."""
        for environment in reversed(self._idle):
            if environment.function is function:
                self._idle.remove(environment)
                if not self.is_chilled(function):
                    return environment
                self._discard(environment)
                break
        if len(self._idle) + len(self._busy) >= self._cap:
            if not self._idle:
                return None
            self._discard(self._idle.pop(0))
        return self._make_environment(function)

    def _spawn(self, environment: Environment, invocation: Invocation) -> None:
        self._keep(asyncio.ensure_future(self._run(environment, invocation)))

    def _discard(self, environment: Environment) -> None:
        self._closing.add(environment)
        self._keep(asyncio.ensure_future(self._shut_down(environment)))

    async def _shut_down(self, environment: Environment) -> None:
        await environment.shut_down()
        self._closing.discard(environment)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, environment: Environment, invocation: Invocation) -> None:
        try:
            await environment.run(invocation)
        finally:
            self._concurrency.leave(self._name)
            self._measure(invocation)
            self._busy.discard(environment)
            if environment in self._retired:
                self._retired.discard(environment)
                self._discard(environment)
            else:
                self._idle.append(environment)
            self._start_next()

    def _measure(self, invocation: Invocation) -> None:
        failed = invocation.answer.result().error_type is not None
        self._meter.count("Invocations", self._name, invocation.qualifier)
        self._meter.count("Errors", self._name, invocation.qualifier, int(failed))
        self._meter.time("Duration", self._name, invocation.qualifier, invocation.duration_ms)
        if invocation.extensions_ms is not None:
            extensions_ms = invocation.extensions_ms
            self._meter.time("PostRuntimeExtensionsDuration", self._name, invocation.qualifier, extensions_ms)

    def retire(self, version: str) -> None:
        """Shut down the environments of a version, the busy ones when they have finished."""
        self._retired |= {environment for environment in self._busy if environment.function.version == version}
        for environment in [idle for idle in self._idle if idle.function.version == version]:
            self._idle.remove(environment)
            self._discard(environment)

    def expire(self, idle_s: float) -> None:
        """Shut the environments down that have been idle for longer."""
        limit = time.monotonic() - idle_s
        for environment in [idle for idle in self._idle if idle.idle_since < limit]:
            self._idle.remove(environment)
            self._discard(environment)

    async def close(self) -> None:
        """Kill everything at once; invocations under way and queued fail."""
        queued, self._queue = list(self._queue), deque()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(environment.close() for environment in (*self.environments, *self._closing)))
        self._idle.clear()
        self._busy.clear()
        self._closing.clear()
        for invocation in queued:
            invocation.abandon()
