"""`mendline-playground score`: play scenarios for a fresh server, and say what it made of them."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mendline_playground.bar import Bar
from mendline_playground.commands.numbers import number, whole
from mendline_playground.scenario import OURS, Scenario, ScenarioError, load_folder
from mendline_playground.scenario.units import parse_duration
from mendline_playground.score import Score
from mendline_playground.score.live import choose, play_live
from mendline_playground.score.mailbox import open_mailbox
from mendline_playground.score.modelled import play_model
from mendline_playground.score.report import BEGIN, END, write
from mendline_playground.score.server import ScoreError, free_port, fresh_server, iso, server_on
from mendline_playground.score.table import render, told_of_usual
from mendline_playground.score.usual import Usual, before

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
        "--history", default="2d", metavar="DURATION", help="usual telemetry before a run, of a model (default: 2d)"
    )
    parser.add_argument(
        "--calm-step",
        default="2m",
        metavar="DURATION",
        help="how far the clock goes at once where no fault began, of a model (default: 2m; else 10s)",
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="keep usual telemetry there, for the next score of the same week"
    )
    parser.add_argument(
        "--during", default="", metavar="DURATION", help="how long faults last live (default: as the file says)"
    )
    parser.add_argument("--rate", type=number(0.01, 100), default=1.0, help="orders a second, live (default: 1)")
    parser.add_argument("--seed", type=whole(0), default=1, help="of the model and the shop (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("score.json"), metavar="FILE", help="default: score.json")
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables into a page too, between its marks")
    parser.set_defaults(command=_run)


def _run(parsed: argparse.Namespace) -> None:
    scenarios = _chosen(load_folder(parsed.scenarios), parsed.only)
    play = _live if parsed.mode == "live" else _model
    if parsed.write and END not in parsed.write.read_text("utf-8"):
        raise ScoreError(f"{parsed.write} has no place for scores: write a line {BEGIN}, and after it {END}.")
    scores, has_incidents, usual = play(parsed, scenarios)
    _keep(parsed.out, scores)
    sys.stdout.write(render(scores) + usual)
    if parsed.write:
        write(scores, usual, parsed.write)
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


def _model(parsed: argparse.Namespace, scenarios: list[Scenario]) -> tuple[list[Score], bool, str]:
    playable = [one for one in scenarios if "model" in one.modes]
    history_s, now_s = _duration(parsed.history, "--history"), time.time()
    calm_s = int(_duration(parsed.calm_step, "--calm-step"))
    came = {one.name: before(one, history_s, now_s) for one in playable}
    # those that begin alike after each other, and what goes on from what was written before
    order = sorted(playable, key=lambda one: (bool(came[one.name].faults), came[one.name].end_s, came[one.name].rate))
    bar, scores, has = Bar("score"), dict[str, Score](), True
    with open_mailbox() as mailbox, _folder(parsed.keep) as folder:
        usual = Usual(folder, mailbox, parsed.seed)
        for place, scenario in enumerate(order):
            bar.show(place, len(order), scenario.name)
            then = came[scenario.name]
            usual.put(then)
            with server_on(usual.place, "--test-clock", iso(then.end_s)) as server:
                scores[scenario.name], has = play_model(
                    server, scenario, then, mailbox, seed=parsed.seed, calm_s=min(max(calm_s, 1), 600)
                )
            if not parsed.keep:
                usual.forget(came[one.name] for one in order[place + 1 :])
            _keep(parsed.out, [scores[one.name] for one in playable if one.name in scores])
    bar.end(f"score: {len(scores)} scenarios were played")
    return [scores[one.name] for one in playable], has, told_of_usual(usual.false_alarms)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where to put data: a directory of its own, or one that stays."""
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="mendline-score-") as folder:
        yield Path(folder)


def _live(parsed: argparse.Namespace, scenarios: list[Scenario]) -> tuple[list[Score], bool, str]:
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
    with open_mailbox() as mailbox, fresh_server(told=mailbox.address, aws_port=aws_port) as server:
        asyncio.run(
            play_live(
                server,
                chosen,
                mailbox,
                aws_port=aws_port,
                rate=parsed.rate,
                seed=parsed.seed,
                during_s=during_s,
                done=done,
            )
        )
    bar.end(f"score: {len(scores)} scenarios were played")
    return scores, all(has), ""


def _duration(text: str, flag: str) -> float:
    seconds = parse_duration(text)
    if seconds is None or seconds < 0:
        raise ScoreError(f"{flag} is '{text}'; write a duration such as 90s, 10m, 2h or 7d.")
    return seconds
