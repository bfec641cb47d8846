"""`mendline query`: asks a running server a question in the query language, and shows the answer as a table."""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlencode, urlsplit

from mendline.cli.answer_table import as_lines
from mendline.errors import MendlineError, UsageError

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
    parser.add_argument(
        "--since", default="1h", metavar="TIME", help="start: 1h, 7d, or 2026-05-01T10:00Z (default 1h)"
    )
    parser.add_argument("--until", default="now", metavar="TIME", help="end (default now)")
    parser.add_argument("--limit", type=int, metavar="N", help="rows at most (default 100)")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="the whole answer as JSON")
    shape.add_argument("--csv", action="store_true", help="rows as CSV, numbers in the units of the head")
    shape.add_argument("--explain", action="store_true", help="the plan and the SQL, without running it")
    parser.add_argument(
        "--server", default=os.environ.get("MENDLINE_SERVER") or "http://127.0.0.1:8000", metavar="URL",
        help="the server (default MENDLINE_SERVER, else http://127.0.0.1:8000)",
    )  # fmt: skip
    parser.add_argument("--key", default=os.environ.get("MENDLINE_KEY"), metavar="KEY", help="default MENDLINE_KEY")
    parser.add_argument(
        "--project", default=os.environ.get("MENDLINE_PROJECT"), metavar="NAME", help="where the key is for several"
    )
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
        for warning in told["warnings"]:
            print(f"note: {warning}", file=sys.stderr)
    return 0


def _ask(parsed: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    if urlsplit(parsed.server).scheme not in ("http", "https"):
        raise UsageError(f"'{parsed.server}' is not the address of a server; write http://HOST:PORT.")
    asked = {"q": parsed.text, "start": _moment(parsed.since), "end": _moment(parsed.until), "project": parsed.project}
    asked |= {"limit": parsed.limit, "explain": "1" if parsed.explain else None}
    url = f"{parsed.server.rstrip('/')}/api/v1/query?{urlencode({k: v for k, v in asked.items() if v is not None})}"
    headers = {"Authorization": f"Bearer {parsed.key}"} if parsed.key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:  # noqa: S310 - the scheme is checked above
            return 200, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            try:
                return error.code, json.load(error)
            except ValueError:
                return error.code, {"message": f"{parsed.server} answered {error.code}, which no Mendline server says."}
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise MendlineError(
            f"The server at {parsed.server} cannot be asked ({reason}). Is it running? --server says where."
        ) from None


def _moment(text: str) -> str:
    """How long ago, without the minus that a shell would take for a flag."""
    return f"-{text}" if text[:1].isdigit() and text[-1:] in "smhd" and text[:-1].isdigit() else text


def _write_csv(told: dict[str, Any]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow([f"{each['name']} ({each['unit']})" if each["unit"] else each["name"] for each in told["columns"]])
    writer.writerows(told["rows"])
