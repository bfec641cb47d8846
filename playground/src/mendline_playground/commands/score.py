"""`mendline-playground score`: play scenarios for a fresh server, and say what it made of them."""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mendline_playground.bar import Bar
from mendline_playground.commands.numbers import number, whole
from mendline_playground.scenario import OURS, Scenario, ScenarioError, load_folder
from mendline_playground.scenario.units import parse_duration
from mendline_playground.score import Score
from mendline_playground.score.live import choose, play_live
from mendline_playground.score.modelled import play_model
from mendline_playground.score.server import ScoreError, free_port, fresh_server
from mendline_playground.score.table import render

_NOTHING = "This server has no /api/v1/incidents: it can detect nothing, and every scenario counts as not detected.\n"


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser("score", help="score a server's detection against the truth of scenarios")
    parser.add_argument(
        "--mode",
        choices=("model", "live"),
        default="model",
        help="model: generated telemetry, a fresh server each (default); live: the running shop",
    )
    parser.add_argument("--scenarios", type=Path, default=OURS, metavar="DIR", help="scenario files (default: ours)")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these")
    parser.add_argument("--most", type=whole(1), default=8, metavar="N", help="how many are played live (default: 8)")
    parser.add_argument(
        "--history", default="2h", metavar="DURATION", help="usual telemetry before a run (default: 2h)"
    )
    parser.add_argument(
        "--during", default="", metavar="DURATION", help="how long faults last live (default: as the file says)"
    )
    parser.add_argument("--rate", type=number(0.01, 100), default=1.0, help="orders a second, live (default: 1)")
    parser.add_argument("--seed", type=whole(0), default=1, help="of the model and the shop (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("score.json"), metavar="FILE", help="default: score.json")
    parser.set_defaults(command=_run)


def _run(parsed: argparse.Namespace) -> None:
    scenarios = _chosen(load_folder(parsed.scenarios), parsed.only)
    play = _live if parsed.mode == "live" else _model
    scores, has_incidents = play(parsed, scenarios)
    _keep(parsed.out, scores)
    sys.stdout.write(render(scores))
    if not has_incidents:
        sys.stdout.write(_NOTHING)
    sys.stdout.write(f"written to {parsed.out}\n")


def _keep(out: Path, scores: Sequence[Score]) -> None:
    """Write the scores so far: whatever ends a long run, what was played is there."""
    out.write_text(json.dumps([one.document() for one in scores], indent=1) + "\n")


def _chosen(scenarios: list[Scenario], names: list[str]) -> list[Scenario]:
    known = {one.name: one for one in scenarios}
    for name in names:
        if name not in known:
            raise ScenarioError(f"There is no scenario {name}; `mendline-playground scenarios` lists them.")
    return [known[name] for name in names] if names else scenarios


def _model(parsed: argparse.Namespace, scenarios: list[Scenario]) -> tuple[list[Score], bool]:
    playable = [one for one in scenarios if "model" in one.modes]
    bar, scores, has_incidents = Bar("score"), list[Score](), True
    history_s = _duration(parsed.history, "--history")
    for scenario in playable:
        bar.show(len(scores), len(playable), scenario.name)
        with fresh_server(test_clock=True) as server:
            found, has_incidents = play_model(server, scenario, seed=parsed.seed, history_s=history_s)
        scores.append(found)
        _keep(parsed.out, scores)
    bar.end(f"score: {len(scores)} scenarios were played")
    return scores, has_incidents


def _live(parsed: argparse.Namespace, scenarios: list[Scenario]) -> tuple[list[Score], bool]:
    chosen = choose(scenarios, len(scenarios) if parsed.only else parsed.most)
    bar, scores, has = Bar("score"), list[Score](), list[bool]()
    bar.show(0, len(chosen), "the shop opens")

    def done(found: Score, has_incidents: bool) -> None:
        scores.append(found)
        _keep(parsed.out, scores)
        has.append(has_incidents)
        bar.show(len(scores), len(chosen), found.scenario)

    during_s = _duration(parsed.during, "--during") if parsed.during else None
    aws_port = free_port()
    with fresh_server(test_clock=False, aws_port=aws_port) as server:
        asyncio.run(
            play_live(
                server,
                chosen,
                aws_port=aws_port,
                rate=parsed.rate,
                seed=parsed.seed,
                during_s=during_s,
                done=done,
            )
        )
    bar.end(f"score: {len(scores)} scenarios were played")
    return scores, all(has)


def _duration(text: str, flag: str) -> float:
    seconds = parse_duration(text)
    if seconds is None or seconds < 0:
        raise ScoreError(f"{flag} is '{text}'; write a duration such as 90s, 10m, 2h or 7d.")
    return seconds
