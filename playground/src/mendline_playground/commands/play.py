"""`mendline-playground play`: a scenario's run as the model has it, written into a server as if it had just ended."""

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from mendline_playground.bar import Bar
from mendline_playground.commands.numbers import whole
from mendline_playground.model import BLOCK_S, Model
from mendline_playground.model.history import Stretch, write
from mendline_playground.scenario import OURS, Scenario, load_scenario
from mendline_playground.scenario.units import write_duration


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser("play", help="write the run of a scenario into a server, as if it had just ended")
    parser.add_argument("scenario", metavar="SCENARIO", help="the name of one of ours, or a file")
    parser.add_argument("--server", required=True, metavar="URL", help="the web address of a Mendline server")
    parser.add_argument("--seed", type=whole(0), default=1, help="of the model (default: 1)")
    parser.add_argument("--key", default=os.environ.get("MENDLINE_KEY", ""), help="where the server asks for one")
    parser.set_defaults(command=_run)


def find(name: str) -> Scenario:
    """A scenario by its name among ours, or by the path of its file. Raises ScenarioError."""
    ours = OURS / f"{name}.yaml"
    return load_scenario(ours if ours.exists() else Path(name))


def stretch_of(scenario: Scenario, now_s: float) -> tuple[Stretch, int]:
    """What to write so that the run ends at the last border of a block, and when the run begins (Unix time)."""
    end_s = int(now_s // BLOCK_S) * BLOCK_S
    begin_s = end_s - int(-(-scenario.run_s // BLOCK_S)) * BLOCK_S
    return Stretch(begin_s - int(scenario.history_s // BLOCK_S) * BLOCK_S, end_s), begin_s


def _run(parsed: argparse.Namespace) -> None:
    scenario = find(parsed.scenario)
    span, begin_s = stretch_of(scenario, time.time())
    model = Model(
        parsed.seed,
        rate=scenario.rate,
        injections=scenario.injections,
        origin_ns=begin_s * 10**9,
        backfilled=True,
    )
    bar = Bar(scenario.name)
    progress = write(
        [span],
        model,
        parsed.server.rstrip("/"),
        key=parsed.key,
        show=lambda now: bar.show(now.done_s, now.total_s, f"{now.spans:,} spans"),
    )
    bar.end(f"{scenario.name}: {scenario.title}; {progress.spans:,} spans written")
    for injection in scenario.injections:
        began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin_s + injection.at_s))
        lasts = "to the end" if injection.for_s is None else f"for {write_duration(injection.for_s)}"
        sys.stdout.write(f"{injection.fault} from {began} {lasts}\n")
