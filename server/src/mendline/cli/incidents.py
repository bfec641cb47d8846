"""`mendline incidents`: what is wrong, as a running server knows it, and what is done about it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from mendline.cli.asking import add_server, ask_server, moment
from mendline.cli.state import print_table
from mendline.errors import MendlineError, UsageError

_EPILOG = """\
  mendline incidents list --since 7d
  mendline incidents show 12
  mendline incidents acknowledge 12
  mendline incidents resolve 12 "rolled payment back to version 41"
  mendline incidents note 12 "the bank confirms"

Exit status of `list`: 1 where something is open, 0 where nothing is.
"""
_ACTS = ("acknowledge", "resolve", "tried", "note", "own", "right", "wrong")
_MEANINGS = {
    "acknowledge": "say that somebody works on it",
    "resolve": "say that it is over, and what mended it",
    "tried": "say what was tried",
    "note": "add a note",
    "own": "say who looks after it",
    "right": "say that the named cause was right",
    "wrong": "say that the named cause was wrong",
}


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "incidents",
        help="what is wrong, and what is done about it",
        description="List incidents of a running server, show one, and act.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    listed = actions.add_parser("list", help="list them", description="List incidents.", allow_abbrev=False)
    listed.add_argument("--since", default="24h", metavar="TIME", help="from when on (default 24h)")
    listed.set_defaults(run=_list)
    shown = actions.add_parser("show", help="all of one", description="Show one incident.", allow_abbrev=False)
    shown.add_argument("id", type=int, metavar="ID")
    shown.set_defaults(run=_show)
    for name in _ACTS:
        said = _MEANINGS[name]
        act = actions.add_parser(name, help=said, description=f"{said[0].upper()}{said[1:]}.", allow_abbrev=False)
        act.add_argument("id", type=int, metavar="ID")
        act.add_argument("text", nargs="?", default="", metavar="TEXT", help="in words")
        act.set_defaults(run=_act)
    for action in actions.choices.values():
        action.add_argument("--json", action="store_true", help="print JSON")
        add_server(action)


def _list(parsed: argparse.Namespace) -> int:
    told = _asked(parsed, "/api/v1/incidents", {"start": moment(parsed.since)})
    found = told["incidents"]
    if parsed.json:
        print(json.dumps(told, indent=2))
    elif found:
        rows = [(it["id"], it["state"], it["severity"], it["opened_at"][:16], it["title"], _cause(it)) for it in found]
        print_table(("id", "state", "severity", "opened", "incident", "likely cause"), rows)
    else:
        print("Nothing was wrong, as far as the policies tell.")
    return 1 if any(it["state"] != "resolved" for it in found) else 0


def _show(parsed: argparse.Namespace) -> int:
    told = _asked(parsed, f"/api/v1/incidents/{parsed.id}", {})
    print(json.dumps(told, indent=2) if parsed.json else "\n".join(_lines(told)))
    return 0


def _act(parsed: argparse.Namespace) -> int:
    body = {"action": parsed.action, "text": parsed.text}
    told = _asked(parsed, f"/api/v1/incidents/{parsed.id}", {}, body)
    print(json.dumps(told, indent=2) if parsed.json else f"incident {told['id']} is {told['state']}: {told['title']}")
    return 0


def _lines(told: dict[str, Any]) -> list[str]:
    lines = [f"{told['title']} ({told['severity']}, {told['state']}, {told['lasted']})", _cause(told)]
    lines += [f"  - {it}" for it in (told["causes"] or [{}])[0].get("evidence", ())]
    lines += [told["change"], *told["who"], told["impact"], told["cascade"]]
    lines = [line for line in lines if line]
    lines += ["", *(f"  {it}" for it in told["alerts"]), ""]
    lines += [f"{at}. {it}" for at, it in enumerate(told["first_steps"], 1)]
    for one in told["similar"]:
        mended = f"; mended by {one['mended_by']}" if one["mended_by"] else ""
        lines.append(f"alike: {one['id']}, {one['title']}, {one['lasted']}{mended}")
    lines += ["", *(f"{it['at'][11:19]} {it['kind']}: {it['text']}" for it in told["timeline"]), "", told["url"]]
    return lines


def _cause(told: dict[str, Any]) -> str:
    return str(told["causes"][0]["text"]) if told["causes"] else "not proven"


def _asked(
    parsed: argparse.Namespace, path: str, query: dict[str, Any], body: dict[str, Any] | None = None
) -> dict[str, Any]:
    status, told = ask_server(parsed, path, query, body)
    if status != 200:
        said = str(told.get("message", "the server refused"))
        raise UsageError(said) if status == 400 else MendlineError(said)
    return told
