"""`mendline memory FUNCTION`: every size of memory that it ever ran with, what made its use jump, and what to measure
next."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from mendline.cli.asking import add_range, add_server, ask_server, moment
from mendline.errors import MendlineError

_EPILOG = """\
  mendline memory checkout
  mendline memory checkout --since 7d --json

Durations and costs are those of warm executions that went well, with 95 % intervals. Sizes that were not run are
told only from two measured ones on, with how far such estimates are off.
Exit status: 0 nothing is wrong; 1 it leaks, ran out of memory or is near it; 2 it could not be computed.
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "memory",
        help="how much memory a function needs",
        description="Ask a running server about the memory of a function.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("function", metavar="FUNCTION", help="its name")
    add_range(parser)
    parser.add_argument("--json", action="store_true", help="the whole answer as JSON")
    add_server(parser)
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    asked = {"function": parsed.function, "start": moment(parsed.since), "end": moment(parsed.until)}
    status, told = ask_server(parsed, "/api/v1/memory", asked)
    if status != HTTPStatus.OK:
        raise MendlineError(told.get("message", f"The server answered {status}."))
    if parsed.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in _lines(told):
            print(line)
    now = told["sizes"][0]
    return int(bool(told["leak"] or now["out_of_memory"] or now["most_used_mb"] >= 0.9 * now["size_mb"]))


def _lines(told: dict[str, Any]) -> Iterator[str]:
    now = told["sizes"][0]
    yield f"{told['function']}: {now['size_mb']} MB, {now['most_used_mb']:.0f} MB used at most"
    yield ""
    yield f"  {'MB':>6}  {'executions':>10}  {'median ms':>26}  {'$ a million':>24}  {'used MB':>7}"
    for one in told["sizes"]:
        yield f"  {one['size_mb']:>6}  {one['executions']:>10,}  {_measured(one)}  {one['most_used_mb']:>7.0f}"
    for one in told["guesses"]:
        yield f"  {one['size_mb']:>6}  {'estimate':>10}  {_measured(one)}"
    if told["leak"]:
        leak = told["leak"]
        when = f", in about {leak['left_s'] / 60:.0f} min" if leak["left_s"] else ""
        yield ""
        yield f"It leaks {leak['each_kb']:,.0f} KB an execution; the newest runs out after {leak['left']}{when}."
    for one in told["jumps"][:5]:
        yield f"  + {one['rose_mb']:.0f} MB at {one['time']}: {one['by'] or 'unknown'}, {one['text']}"
    yield ""
    yield f"Next: {told['measure_next'] or 'nothing to measure.'}"
    for one in told["not_known"]:
        yield f"Not known: {one}"


def _measured(one: dict[str, Any]) -> str:
    return f"{_interval(one['duration_ms'], ',.1f'):>26}  {_interval(one['million_usd'], ',.2f'):>24}"


def _interval(told: list[float] | None, form: str) -> str:
    return f"{told[0]:{form}} ({told[1]:{form}}-{told[2]:{form}})" if told else "too few"
