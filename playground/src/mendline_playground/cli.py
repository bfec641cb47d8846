"""The command `mendline-playground`: runs the shop, switches versions, writes history, plays and scores scenarios."""

import argparse
import sys
from collections.abc import Sequence
from typing import NoReturn

from mendline_playground.commands import history, play, run, scenarios, score, switch
from mendline_playground.commands.switch import SwitchError
from mendline_playground.emulator.server import MinistackError
from mendline_playground.model.sender import SendError
from mendline_playground.scenario import ScenarioError
from mendline_playground.score.server import ScoreError


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and where help is."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"playground: {message}\nTry: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = _Parser(prog="mendline-playground", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for command in (run, history, play, scenarios, score, switch):
        command.add_command(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when it ended as asked, 2 when it could not run, 130 when it was interrupted."""
    parsed = build_parser().parse_args(arguments)
    try:
        parsed.command(parsed)
    except (MinistackError, ScenarioError, ScoreError, SendError, SwitchError) as error:
        sys.stderr.write(f"playground: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0
