"""`mendline query`: asks a running server a question in the query language, and shows the answer as a table."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from typing import Any

from mendline.cli.answer_table import as_lines
from mendline.cli.asking import add_range, add_server, ask_server, moment

_EPILOG = """\
  mendline query 'error | count() by function'
  mendline query 'duration > 1s and not cold_start | sort duration desc | limit 20' --since 6h
  mendline query '| p50(duration), p99(duration) by function | over 5m every 5m'
  mendline query 'logs level >= error "card declined"' --json

docs/query.md teaches the language; docs/reference/fields.md lists the fields. Exit status: 0 answered, 1 the query
makes no sense, 2 the server could not be asked.
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "query",
        help="ask a question in the query language",
        description="Ask a running server a question in the query language.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("text", metavar="TEXT", help="the query, in quotes")
    add_range(parser)
    parser.add_argument("--limit", type=int, metavar="N", help="rows at most (default 100)")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="the whole answer as JSON")
    shape.add_argument("--csv", action="store_true", help="rows as CSV, numbers in the units of the head")
    shape.add_argument("--explain", action="store_true", help="the plan and the SQL, without running it")
    add_server(parser)
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    status, told = _ask(parsed)
    if status != 200:
        print(told.get("shown") or f"mendline: {told.get('message', 'the server refused')}", file=sys.stderr)
        return 1 if "shown" in told else 2
    if parsed.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    elif parsed.explain:
        print(
            told["query"], json.dumps(told["plan"], indent=2), told["sql"], json.dumps(told["parameters"]), sep="\n\n"
        )
    elif parsed.csv:
        _write_csv(told)
    else:
        for line in as_lines(told, color=sys.stdout.isatty() and not os.environ.get("NO_COLOR")):
            print(line)
    if not parsed.json and not parsed.explain:
        for note in _notes(told, parsed):
            print(f"note: {note}", file=sys.stderr)
    return 0


def _notes(told: dict[str, Any], parsed: argparse.Namespace) -> list[str]:
    more = ["There are more rows; --limit N asks for more."] if parsed.csv and told["truncated"] else []
    return [*told["warnings"], *more]


def _ask(parsed: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    asked = {"q": parsed.text, "start": moment(parsed.since), "end": moment(parsed.until), "limit": parsed.limit}
    return ask_server(parsed, "/api/v1/query", {**asked, "explain": "1" if parsed.explain else None})


def _write_csv(told: dict[str, Any]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow([f"{each['name']} ({each['unit']})" if each["unit"] else each["name"] for each in told["columns"]])
    writer.writerows(map(_plain, row) for row in told["rows"])


def _plain(value: Any) -> Any:
    """A value as spreadsheets take it: `true`, and several as one text."""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else value
