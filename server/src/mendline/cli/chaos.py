"""`mendline chaos`: experiments as files; checked here, run and scored by a server, which has the data and the key."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mendline.cli.asking import add_server
from mendline.cli.flags import add_action
from mendline.cli.game_days import add_actions, asked
from mendline.cli.state import print_table
from mendline.errors import UsageError

_EPILOG = """\
  mendline chaos list
  mendline chaos validate ./experiments
  mendline chaos run ./experiments/orders.yaml --dry-run     what it would have struck in the last hour
  mendline chaos run ./experiments/orders.yaml --assert      and wait: in CI
  mendline chaos stop 12
  mendline chaos stop --all --reason "orders fail"
  mendline chaos report 12
  mendline chaos game-day run ./experiments/game-day.yaml

docs/chaos.md says how files are written. Exit status of `run --assert` and `report`: 0 when the hypothesis held (or
what the file expects came true), 1 when it did not, 2 when that could not be told.
"""
_LOOK_EVERY_S = 2.0
_OVER = ("finished", "aborted")


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "chaos",
        help="experiments: what breaks, on purpose",
        description="Check, run, stop and score chaos experiments.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    listed = add_action(actions, "list", "list all, and their last run")
    listed.add_argument("--yaml", action="store_true", help="as a file")
    validated = add_action(actions, "validate", "check files")
    validated.add_argument("path", type=Path, metavar="FILE|DIR", help="a file, or a folder of files *.yaml")
    validated.add_argument("--json", action="store_true", help="print JSON")
    validated.set_defaults(run=_validate)
    ran = add_action(actions, "run", "run those of a file, one after the other")
    ran.add_argument("path", type=Path, metavar="FILE", help="a file, or a folder of files *.yaml")
    ran.add_argument("--dry-run", action="store_true", help="say what would have been struck, and strike nothing")
    ran.add_argument("--assert", dest="asserts", action="store_true", help="wait, and fail where the hypothesis does")
    ran.add_argument("--at", default="now", metavar="TIME", help="when: +10m, 2026-05-01T10:00Z (default now)")
    stopped = add_action(actions, "stop", "stop one, or all")
    stopped.add_argument("number", nargs="?", metavar="RUN", help="the number of the run")
    stopped.add_argument("--all", action="store_true", help="stop all, and let none begin until --release")
    stopped.add_argument("--release", action="store_true", help="let experiments begin again")
    stopped.add_argument("--reason", default="", metavar="TEXT", help="why")
    reported = add_action(actions, "report", "what came of a run")
    reported.add_argument("number", metavar="RUN", help="the number of the run")
    for action, run in ((listed, _list), (ran, _run), (stopped, _stop), (reported, _report)):
        action.add_argument("--json", action="store_true", help="print JSON")
        add_server(action)
        action.set_defaults(run=run)
    add_actions(actions)


def _list(parsed: argparse.Namespace) -> int:
    told = asked(parsed, "/api/v1/experiments")
    if parsed.yaml:
        from mendline.chaos.experiment_files import as_yaml  # noqa: PLC0415 - a command starts fast
        from mendline.model.experiment import read_experiment  # noqa: PLC0415 - likewise

        drafts = [{name: value for name, value in one.items() if name != "origin"} for one in told["experiments"]]
        print(as_yaml([read_experiment(one, "file") for one in drafts]), end="")
        return 0
    runs = asked(parsed, "/api/v1/experiment-runs")["runs"]
    if parsed.json:
        print(json.dumps({**told, "runs": runs}, indent=2))
        return 0
    last = {run["experiment"]["name"]: run for run in reversed(runs)}
    rows = []
    for one in told["experiments"]:
        run = last.get(one["name"])
        score = (run and run["score"]) or {}
        state = f"{run['state']} (run {run['id']})" if run else "never ran"
        rows.append((one["name"], one["target"]["function"], one["fault"]["kind"], state, score.get("verdict", "")))
    print_table(("experiment", "function", "fault", "last run", "hypothesis"), rows)
    if told["halt"]:
        print(f"All experiments are stopped since {told['halt']['at']}; `mendline chaos stop --release` ends that.")
    if not told["can_run"]:
        print("The server has no MENDLINE_CHAOS_KEY: experiments can be written and checked, but not run.")
    return 0


def _validate(parsed: argparse.Namespace) -> int:
    from mendline.chaos.experiment_files import read_files  # noqa: PLC0415 - a command starts fast

    found = read_files(parsed.path)
    if parsed.json:
        days = [one.name for one in found.game_days]
        print(json.dumps({"experiments": [one.name for one in found.experiments], "game_days": days}))
        return 0
    if found.experiments:
        print_table(("experiment", "what happens"), [(one.name, one.words) for one in found.experiments])
    if found.game_days:
        print_table(("game day", "what is to be learned"), [(one.name, one.goal) for one in found.game_days])
    return 0


def _run(parsed: argparse.Namespace) -> int:
    from mendline.chaos.experiment_files import read_files  # noqa: PLC0415 - a command starts fast
    from mendline.model.experiment import experiment_document  # noqa: PLC0415 - likewise

    worst, found = 0, read_files(parsed.path).experiments
    if not found:
        raise UsageError(f"{parsed.path} has game days only; `mendline chaos game-day run` begins one.")
    for one in found:
        told = experiment_document(one)
        if parsed.dry_run:
            tried = asked(parsed, "/api/v1/experiments/test", told)
            print(json.dumps(tried, indent=2) if parsed.json else f"{one.name}: {tried['text']}")
            for what, count in () if parsed.json else tried["matched"]:
                print(f"  {count:>8,}  {what}")
            continue
        run = asked(parsed, "/api/v1/experiment-runs", {"experiment": told, "starts": parsed.at})
        print(f"{one.name}: run {run['id']}, {run['starts']} to {run['ends']}", file=sys.stderr, flush=True)
        if parsed.asserts:
            worst = max(worst, _told(_waited_for(parsed, run), as_json=parsed.json))
        elif parsed.json:
            print(json.dumps(run, indent=2))
    return worst


def _waited_for(parsed: argparse.Namespace, run: dict[str, Any]) -> dict[str, Any]:
    """The run once it is over; where somebody interrupts the waiting, it is stopped."""
    path = f"/api/v1/experiment-runs/{run['id']}"
    try:
        while run["state"] not in _OVER:
            time.sleep(_LOOK_EVERY_S)
            run = asked(parsed, path)
    except KeyboardInterrupt:
        asked(parsed, f"{path}/stop", {"reason": "whoever waited for it went away"})
        raise
    return run


def _told(run: dict[str, Any], *, as_json: bool) -> int:
    score = run["score"] or {}
    if as_json:
        print(json.dumps(run, indent=2))
    else:
        why = f", {run['reason']}" if run["reason"] else ""
        print(f"{run['experiment']['name']} (run {run['id']}): {run['state']}{why}")
        for line in score.get("lines", ()):
            print(f"  {line}")
    passed = score.get("passed")
    return 2 if passed is None else int(not passed)


def _stop(parsed: argparse.Namespace) -> int:
    if bool(parsed.number) + parsed.all + parsed.release != 1:
        raise UsageError("Say which run to stop, or --all, or --release.")
    if parsed.number:
        run = asked(parsed, f"/api/v1/experiment-runs/{quote(parsed.number, safe='')}/stop", {"reason": parsed.reason})
        print(json.dumps(run, indent=2) if parsed.json else f"Run {run['id']} is {run['state']}: {run['reason']}.")
        return 0
    told = asked(parsed, "/api/v1/experiment-halt", {"reason": parsed.reason, "release": parsed.release})
    said = "Experiments may begin again." if parsed.release else "All experiments are stopped, and none begins."
    print(json.dumps(told) if parsed.json else said)
    return 0


def _report(parsed: argparse.Namespace) -> int:
    return _told(asked(parsed, f"/api/v1/experiment-runs/{quote(parsed.number, safe='')}"), as_json=parsed.json)
