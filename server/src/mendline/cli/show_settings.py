"""`mendline settings`: every setting, its value in force, and how to change it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from mendline.cli.flags import add_settings, read_settings
from mendline.settings import TABLE


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "settings", help="list every setting and its value", description="List every setting and its value in force.",
        allow_abbrev=False,
    )  # fmt: skip
    add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    values = dict(read_settings(parsed).shown())
    if parsed.json:
        print(json.dumps(values, indent=2))
        return 0
    width = max(len(name) for name in values)
    for setting in TABLE:
        print(f"{setting.name:<{width}}  {values[setting.name]!s:<24}  {setting.help}")
    return 0
