"""What the page shows, as plain values: the same for the page and its JSON twin."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

from mendline_playground.live import Rotation, Run
from mendline_playground.scenario import Injection, Scenario
from mendline_playground.scenario.live import why_not_live
from mendline_playground.shop.accounts import read_later, read_outcomes
from mendline_playground.shop.ledger import Balance, Ledger

if TYPE_CHECKING:
    from mendline_playground.playground import Playground

Told = dict[str, Any]
LOOK_EVERY_S = 20.0


class Books:
    """Keeps the ledger of a running shop up to date, until cancelled."""

    def __init__(self, playground: "Playground") -> None:
        self._playground = playground
        self._ledger = Ledger()
        self._seen = 0
        self._lock = asyncio.Lock()
        self._looked_at = -LOOK_EVERY_S
        self.later: dict[str, int] = {}
        """How many calls of each function wait to be made later, from the same look."""

    async def run(self) -> None:
        """Look now and then, so that no order comes and goes unseen."""
        while True:
            await self.look(0.0)
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, if_older_s: float) -> Balance:
        """The balance, from a look that is not older than this."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - 100 ms that --help need not wait

        async with self._lock:
            if time.monotonic() - self._looked_at >= if_older_s:
                with contextlib.suppress(BotoCoreError, ClientError):  # it is busy: the next look tells
                    await self._look()
            return self._ledger.balance()

    async def _look(self) -> None:
        traffic = self._playground.traffic
        shop = self._playground.deployment, self._playground.shop
        rows, dead = await asyncio.to_thread(read_outcomes, *shop)
        self.later = await asyncio.to_thread(read_later, *shop)
        new = traffic.accepted_in_all - self._seen
        self._seen = traffic.accepted_in_all
        self._ledger.look(list(islice(reversed(traffic.accepted), new)), rows, dead)
        self._looked_at = time.monotonic()


def tell_run(run: Run) -> Told:
    """One run; moments are Unix time in seconds."""
    return {
        "number": run.number,
        "scenario": run.scenario.name,
        "title": run.scenario.title,
        "by": run.by,
        "began_s": run.began_s,
        "ends_s": run.ends_s,
        "ended_s": run.ended_s,
        "versions": dict(run.versions),
        "problem": run.problem,
    }


def tell_scenario(scenario: Scenario) -> Told:
    """One scenario with its truth, as its file has it."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "about": scenario.about.strip(),
        "kind": scenario.kind,
        "modes": list(scenario.modes),
        "lasts_s": scenario.live.during_s,
        "why_not_live": "" if "live" in scenario.modes else why_model_only(scenario),
        "inject": [_tell_injection(one) for one in scenario.injections],
        "truth": asdict(scenario.truth),
    }


def why_model_only(scenario: Scenario) -> str:
    """A sentence that says why the running shop cannot have a scenario."""
    reasons = (why_not_live(one) for one in scenario.injections)
    reason = next((reason for reason in reasons if reason), "")
    if reason:
        return reason[0].upper() + reason[1:] + "."
    if scenario.injections:
        return "It needs days of history, or an hour of the day, that a few minutes do not have."
    return "Nothing is injected: it is the shop as it is at its hour."


def _tell_injection(injection: Injection) -> Told:
    only = {name: value for name, value in asdict(injection.only).items() if value}
    return {"fault": injection.fault, **injection.parameters, **({"only": only} if only else {})}


def tell(
    scenarios: Sequence[Scenario],
    runs: Sequence[Run],
    rotation: Rotation | None,
    balance: Balance,
    versions: Sequence[Told],
    now_s: float,
) -> Told:
    """All of the page. The truth of what is played is not in it: `/scenarios/NAME.json` has that."""
    return {
        "now_s": now_s,
        "running": [tell_run(run) for run in runs if run.ended_s is None],
        "ended": [tell_run(run) for run in runs if run.ended_s is not None],
        "next_s": rotation.next_s if rotation is not None else None,
        "orders": {**asdict(balance), "is_exact": balance.is_exact},
        "versions": list(versions),
        "scenarios": [
            {"name": one.name, "title": one.title, "modes": list(one.modes), "lasts_s": one.live.during_s}
            for one in scenarios
        ],
    }
