"""Live mode: scenarios played in the running shop, one after the other, in real time."""

import asyncio
import time
from collections.abc import Callable, Sequence

from mendline_playground.live import Run
from mendline_playground.live.injector import timeline
from mendline_playground.playground import Options, Playground
from mendline_playground.scenario import Scenario
from mendline_playground.score.asking import asked_why
from mendline_playground.score.mailbox import Mailbox
from mendline_playground.score.scoring import Score, score
from mendline_playground.score.server import MendlineServer

Done = Callable[[Score, bool], None]


def choose(scenarios: Sequence[Scenario], most: int) -> list[Scenario]:
    """Those that can be played live, at most so many: of each kind one before a second of any."""
    live = [one for one in scenarios if "live" in one.modes]
    rounds: list[tuple[int, int, Scenario]] = []
    seen: dict[str, int] = {}
    for place, one in enumerate(live):
        seen[one.kind] = seen.get(one.kind, 0) + 1
        rounds.append((seen[one.kind], place, one))
    return [one for _, _, one in sorted(rounds, key=lambda each: each[:2])][:most]


async def play_live(
    server: MendlineServer,
    scenarios: Sequence[Scenario],
    mailbox: Mailbox,
    *,
    aws_port: int,
    rate: float,
    seed: int,
    during_s: float | None,
    done: Done,
) -> None:
    """Play them in one shop that the server watches, its local AWS at a port; `done` is told of each score."""
    options = Options(
        otlp_endpoint=server.otlp,
        logs_endpoint=server.otlp,
        rate=rate,
        seed=seed,
        shaped=False,
        emulator_port=aws_port,
    )
    async with Playground(options) as playground:
        await asyncio.to_thread(server.wait_until_aws_is_read)
        for scenario in scenarios:
            began_s = time.time()
            mailbox.take()
            await asyncio.sleep(scenario.live.before_s)
            run = playground.injector.start(scenario, during_s=during_s, by="score")
            await run.ended.wait()
            run_ended_s = time.time()
            await asyncio.sleep(scenario.live.after_s)
            found = await asyncio.to_thread(server.incidents, began_s, time.time())
            began_s = since_s(run)
            explained = await asyncio.to_thread(asked_why, server, scenario, began_s, run_ended_s)
            told = score(
                scenario, found or [], mailbox.take(), since_s=began_s, versions=run.versions, explained=explained
            )
            done(told, found is not None)


def since_s(run: Run) -> float:
    """From when on there is something to detect in a live run: as long after its first fault as the truth says."""
    first_s = min((max(0.0, one.at_s) for one, _ in timeline(run.scenario)), default=0.0)
    return run.began_s + max(0.0, run.scenario.truth.since_s - first_s)
