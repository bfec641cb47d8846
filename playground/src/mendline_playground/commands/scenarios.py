"""`mendline-playground scenarios`: list scenario files, and refuse those that cannot be used."""

import argparse
from pathlib import Path
from typing import Any

from mendline_playground.scenario import OURS, load_folder


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser("scenarios", help="list scenario files, and refuse those that cannot be used")
    parser.add_argument("folder", nargs="?", type=Path, default=OURS, metavar="DIR", help="default: ours")
    parser.set_defaults(command=_run)


def _run(parsed: argparse.Namespace) -> None:
    scenarios = load_folder(parsed.folder)
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        modes = "+".join(scenario.modes)
        print(f"{scenario.name:{width}}  {scenario.kind:18}  {modes:10}  {scenario.title}")
    controls = sum(scenario.is_control for scenario in scenarios)
    print(f"{len(scenarios)} scenarios, {controls} of them quiet controls")
