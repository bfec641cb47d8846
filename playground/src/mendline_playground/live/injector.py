"""Plays scenarios in the running shop: begins what they inject, in its time, and undoes all of it."""

import asyncio
import contextlib
import functools
import json
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from mendline_playground.live.acts import Acts
from mendline_playground.live.tables import Active, Told, tables
from mendline_playground.live.versions import Layer, Versions
from mendline_playground.scenario import Injection, Scenario
from mendline_playground.sources.aws_json import AwsJson

if TYPE_CHECKING:
    from mendline_playground.host.function import Function
    from mendline_playground.playground import Playground

KEPT_RUNS = 50
_GROWS_EVERY_S = 5.0


@dataclass(slots=True, eq=False)
class Run:
    """A scenario that is played, or was: when it began, when it ends by itself, and when it has ended (Unix time).

    `by` says who started it; `versions` are those that the scenario names, as they are here; `problem` is what kept it
    from being played, a sentence.
    """

    number: int
    scenario: Scenario
    by: str
    began_s: float
    ends_s: float
    ended_s: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Injector:
    """The scenarios that are played in a playground. `close` ends all of them and leaves the shop as it was."""

    def __init__(self, playground: "Playground", say: Callable[[str], None]) -> None:
        self._playground = playground
        self._say = say
        self.versions = Versions(playground.host, playground.deployment)
        self._acts = Acts(playground.deployment, playground.shop, AwsJson(playground.ministack.port), self.versions)
        self._active: dict[object, Active] = {}
        self._chilled: set[str] = set()
        self._lock = asyncio.Lock()
        self._numbers = count(1)
        self._tasks: dict[Run, asyncio.Task[None]] = {}
        self.runs: deque[Run] = deque(maxlen=KEPT_RUNS)
        """All runs, the newest first."""

    @property
    def running(self) -> list[Run]:
        """The runs that have not ended, the newest first."""
        return [run for run in self.runs if run.ended_s is None]

    def start(self, scenario: Scenario, *, during_s: float | None = None, by: str = "hand") -> Run:
        """Begin at once, for `during_s` or as long as the file says. Raises ValueError where it cannot be played."""
        if reason := self.why_not(scenario):
            raise ValueError(f"{scenario.name} cannot be played here: {reason}.")
        began_s = time.time()
        lasts_s = scenario.live.during_s if during_s is None else during_s
        run = Run(next(self._numbers), scenario, by, began_s, began_s + lasts_s)
        self.runs.appendleft(run)
        task = self._tasks[run] = asyncio.ensure_future(self._play(run))
        task.add_done_callback(functools.partial(self._over, run))  # also of one that was ended before it could begin
        self._say(f"incident: {scenario.title} ({scenario.name}), for {lasts_s:.0f} s")
        return run

    def why_not(self, scenario: Scenario) -> str:
        """The end of a sentence that says why a scenario cannot be played here; empty when it can."""
        if "live" not in scenario.modes or not scenario.injections:
            return "it is for model mode"
        if any(run.scenario.name == scenario.name for run in self.running):
            return "it is being played"
        named = {injection.text("function") for injection in scenario.injections} - {""}
        absent = sorted(name for name in named if not self._playground.shop.has(name))
        return f"there is no {', '.join(absent)} here" if absent else ""

    async def stop(self, run: Run) -> None:
        """End a run now, and return when everything is undone."""
        task = self._tasks.get(run)
        if task is not None:
            task.cancel()
        await run.ended.wait()

    async def close(self) -> None:
        """End every run."""
        for run in self.running:
            await self.stop(run)

    async def _play(self, run: Run) -> None:
        holds = [asyncio.ensure_future(self._hold(run, *begun)) for begun in timeline(run.scenario)]
        with contextlib.suppress(asyncio.CancelledError):  # somebody ended it
            await asyncio.wait(holds, timeout=run.ends_s - run.began_s, return_when=asyncio.FIRST_EXCEPTION)
        for hold in holds:
            hold.cancel()
        for error in await asyncio.gather(*holds, return_exceptions=True):
            if isinstance(error, Exception):  # the emulator may be gone: that must not end the shop
                run.problem = f"{type(error).__name__}: {error}"
                self._say(f"incident {run.scenario.name} could not be played: {run.problem}")

    def _over(self, run: Run, _: "asyncio.Task[None]") -> None:
        run.ended_s = time.time()
        self._tasks.pop(run, None)
        run.ended.set()
        self._say(f"incident over: {run.scenario.name}")

    async def _hold(self, run: Run, injection: Injection, wait_s: float) -> None:
        """One injection from its beginning to its end."""
        await asyncio.sleep(wait_s)

        def deployed(layer: Layer) -> None:
            run.versions[injection.text("version")] = layer.version

        key = object()
        async with self._acts.during(injection, deployed):
            try:
                await self._grow(key, run, injection)
            finally:
                self._active.pop(key, None)
                await asyncio.shield(self._tell())

    async def _grow(self, key: object, run: Run, injection: Injection) -> None:
        """Be there, with growing strength at first, until it is time to end."""
        began_s = time.monotonic()
        lasts_s = injection.for_s
        while True:
            since_s = time.monotonic() - began_s
            strength = min(1.0, since_s / injection.ramp_s) if injection.ramp_s else 1.0
            self._active[key] = Active(injection, strength, run.versions)
            await self._tell()
            left_s = None if lasts_s is None else max(0.0, lasts_s - since_s)
            try:
                async with asyncio.timeout(left_s if strength >= 1 else min(_GROWS_EVERY_S, left_s or _GROWS_EVERY_S)):
                    await asyncio.get_running_loop().create_future()
            except TimeoutError:
                if lasts_s is not None and time.monotonic() - began_s >= lasts_s:
                    return

    async def _tell(self) -> None:
        """Tell every place what is on now."""
        async with self._lock:
            told, shop = tables(self._active.values()), self._playground
            shop.third_party.faults = told.third_parties
            shop.traffic.faults = told.customers
            shop.mappings.flow.limits, shop.mappings.flow.losses = told.limits, told.losses
            for name in self._chilled | set(told.cold):
                shop.host.chill(name, functools.partial(self._is_chilled, told.cold.get(name)))
            self._chilled = set(told.cold)
            _write(shop.flags_path, told.flags)
            with contextlib.suppress(OSError, TimeoutError):  # on its way down
                await shop.behave(told.aws)

    def _is_chilled(self, told: Told | None, function: "Function") -> bool:
        if told is None or told["only"].get("version", function.version) != function.version:
            return False
        return self._playground.chance() < float(told.get("share", 1.0))


def timeline(scenario: Scenario) -> list[tuple[Injection, float]]:
    """The injections that a live run has, each with how long after its beginning it begins; the history is past."""
    there = [one for one in scenario.injections if one.for_s is None or one.at_s + one.for_s > 0]
    first_s = min((max(0.0, one.at_s) for one in there), default=0.0)
    return [(one, max(0.0, one.at_s) - first_s) for one in there]


def _write(path: Path, flags: dict[str, list[Told]]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(flags))
    new.replace(path)
