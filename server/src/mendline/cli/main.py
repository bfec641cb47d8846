"""The command line: parses it, runs the command, and turns errors into one sentence on standard error."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import sys
from collections.abc import Sequence
from typing import NoReturn

from mendline import __version__
from mendline.cli import (
    boards,
    chaos,
    demo,
    doctor,
    explain,
    incidents,
    keys,
    layer,
    memory,
    poison,
    policies,
    projects,
    query,
    serve,
    show_settings,
)
from mendline.errors import MendlineError

_DESCRIPTION = """\
Mendline shortens the time from "something is wrong" to "it is mended" for teams on AWS Lambda.
Start with `mendline demo` to see a living shop, or `mendline serve` to take your own telemetry.
"""
_EPILOG = """\
examples:
  mendline demo                        a server with real Lambda functions running against it
  mendline serve                       web UI on http://127.0.0.1:8000, OTLP on 4318 (HTTP) and 4317 (gRPC)
  mendline serve --port 0 --data /var/lib/mendline
  mendline keys create --project default --scope admin
  mendline query 'error | count() by function'
  mendline explain function:checkout --least-ms 500
  mendline incidents list              what is wrong
  mendline policies apply ./policies   what people are told of, as files
  mendline chaos run FILE --assert     an experiment, in CI
  mendline doctor                      what is wrong, if something is

Then point any OpenTelemetry SDK at it:
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
"""


class _Parser(argparse.ArgumentParser):
    """Errors end with where help is; abbreviations of flags are not guessed, but the nearest flag is named."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"mendline: {_in_words(message)}\nTry: {self.prog} --help\n")

    def refuse(self, unknown: str) -> NoReturn:
        """End because of an argument that is not known here."""
        flags = [flag for action in self._actions for flag in action.option_strings]
        near = difflib.get_close_matches(unknown.partition("=")[0], flags, n=1)
        self.error(f"'{unknown}' is not known here.{f' Did you mean {near[0]}?' if near else ''}")


def _in_words(message: str) -> str:
    """What argparse says, as a person would: which flag is no number, what is missing, which command is the nearest."""
    wrong = re.fullmatch(r"argument (\S+): invalid (float|int) value: ('.*')", message)
    if wrong:
        return f"{wrong[1]} is {wrong[3]}; it must be a {'whole number' if wrong[2] == 'int' else 'number'}."
    valueless = re.fullmatch(r"argument (\S+): expected one argument", message)
    if valueless:
        return f"{valueless[1]} needs a value."
    missing = re.fullmatch(r"the following arguments are required: (.+)", message)
    if missing:
        return f"{missing[1]} is missing."
    found = re.search(r"invalid choice: '(.*?)' \(choose from (.*)\)", message)
    if not found:
        return message
    choices = [choice.strip(" '") for choice in found[2].split(",")]
    near = difflib.get_close_matches(found[1], choices, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(choices)}."
    return f"'{found[1]}' is not known. {hint}"


def build_parser() -> _Parser:
    """The whole command line."""
    parser = _Parser(
        prog="mendline",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mendline {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=_Parser)
    for module in (
        serve,
        demo,
        query,
        explain,
        incidents,
        doctor,
        keys,
        projects,
        boards,
        policies,
        chaos,
        memory,
        poison,
        layer,
        show_settings,
    ):
        module.add_command(commands)
    _name_parsers(commands)
    return parser


def _name_parsers(commands: argparse._SubParsersAction[_Parser]) -> None:
    """Let each command know its own parser, which knows its flags and where its help is."""
    for parser in commands.choices.values():
        parser.set_defaults(parser=parser)
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                _name_parsers(action)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    parser = build_parser()
    parsed, unknown = parser.parse_known_args(arguments)
    if unknown:
        parsed.parser.refuse(unknown[0]) if parsed.command else parser.refuse(unknown[0])
    if parsed.command is None:
        parser.print_help()
        return 0
    try:
        return int(parsed.run(parsed))
    except MendlineError as error:
        print(f"mendline: {error.message}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
