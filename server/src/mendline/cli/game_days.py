"""`mendline chaos game-day`: experiments after a plan, begun, moved on, written about and reported by a server."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mendline.cli.asking import add_server, ask_server
from mendline.cli.flags import add_action
from mendline.cli.state import print_table
from mendline.errors import UsageError

_RUNS = "/api/v1/game-day-runs"
_ACTS = {
    "go-on": ("go on", "begin what comes next, without further waiting"),
    "skip": ("skip", "leave out what comes next"),
    "stop": ("stop", "stop it, and the experiment that runs"),
}
_Run = Callable[[argparse.Namespace], int]


def add_actions(actions: Any) -> None:
    """Add `game-day` beside the other actions."""
    parser = actions.add_parser(
        "game-day", help="several experiments after a plan, with people", allow_abbrev=False,
        description="Plan, play and report game days. docs/chaos.md says how files are written.",
    )  # fmt: skip
    acts = parser.add_subparsers(metavar="ACTION", dest="act", required=True)
    _add(acts, "list", "list all, and when they were played last", _list)
    begun = _add(acts, "run", "keep what a file says, and begin its game day", _begin)
    begun.add_argument("path", type=Path, metavar="FILE", help="a file, or a folder of files *.yaml")
    begun.add_argument("--name", metavar="NAME", help="which, where the file has several")
    begun.add_argument("--at", default="now", metavar="TIME", help="when: +10m, 2026-05-01T10:00Z (default now)")
    for name, (_, said) in _ACTS.items():
        acted = _add(acts, name, said, _act)
        acted.add_argument("number", metavar="N", help="the number that `run` and `list` say")
        acted.add_argument("--reason", default="", dest="text", metavar="TEXT", help="why")
    noted = _add(acts, "note", "write down what you see", _act)
    noted.add_argument("number", metavar="N", help="the number that `run` and `list` say")
    noted.add_argument("text", metavar="TEXT", help="what you see")
    reported = _add(acts, "report", "what came of it, as Markdown", _report)
    reported.add_argument("number", metavar="N", help="the number that `run` and `list` say")


def _add(acts: Any, name: str, said: str, run: _Run) -> Any:
    action = add_action(acts, name, said)
    action.add_argument("--json", action="store_true", help="print JSON")
    add_server(action)
    action.set_defaults(run=run)
    return action


def _list(parsed: argparse.Namespace) -> int:
    kept, runs = asked(parsed, "/api/v1/game-days"), asked(parsed, _RUNS)["runs"]
    if parsed.json:
        print(json.dumps({**kept, "runs": runs}, indent=2))
        return 0
    last = {run["game_day"]["name"]: run for run in reversed(runs)}
    rows = []
    for one in kept["game_days"]:
        run = last.get(one["name"])
        rows.append((one["name"], str(len(one["plan"])), f"{run['state']} ({run['id']})" if run else "never played"))
    print_table(("game day", "experiments", "last"), rows)
    return 0


def _begin(parsed: argparse.Namespace) -> int:
    from mendline.chaos.experiment_files import read_files  # noqa: PLC0415 - a command starts fast
    from mendline.model.experiment import experiment_document  # noqa: PLC0415 - likewise
    from mendline.model.game_day import game_day_document  # noqa: PLC0415 - likewise

    told = read_files(parsed.path)
    named = [day for day in told.game_days if parsed.name in (None, day.name)]
    if len(named) != 1:
        there = ", ".join(f"'{day.name}'" for day in told.game_days) or "none"
        raise UsageError(f"Say with --name which game day is meant; in {parsed.path} there are: {there}.")
    for one in told.experiments:
        asked(parsed, "/api/v1/experiments", experiment_document(one))
    asked(parsed, "/api/v1/game-days", game_day_document(named[0]))
    run = asked(parsed, _RUNS, {"name": named[0].name, "starts": parsed.at})
    page = f"{parsed.server.rstrip('/')}/game-days/runs/{run['id']}"
    print(json.dumps(run, indent=2) if parsed.json else f"Game day {run['id']} is {run['state']}: {page}")
    return 0


def _act(parsed: argparse.Namespace) -> int:
    action = _ACTS.get(parsed.act, ("note",))[0]
    run = asked(parsed, _path(parsed), {"action": action, "text": parsed.text})
    why = f": {run['reason']}" if run["reason"] else ""
    print(json.dumps(run, indent=2) if parsed.json else f"Game day {run['id']} is {run['state']}{why}.")
    return 0


def _report(parsed: argparse.Namespace) -> int:
    from mendline.chaos.game_day_report import markdown_of  # noqa: PLC0415 - a command starts fast

    report = asked(parsed, _path(parsed))
    print(json.dumps(report, indent=2) if parsed.json else markdown_of(report), end="\n" if parsed.json else "")
    return 0


def _path(parsed: argparse.Namespace) -> str:
    return f"{_RUNS}/{quote(parsed.number, safe='')}"


def asked(parsed: argparse.Namespace, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the server answers. Raises UsageError where it refuses."""
    status, answer = ask_server(parsed, path, {}, body)
    if status not in (200, 201):
        raise UsageError(answer.get("message", "the server refused"))
    return answer
