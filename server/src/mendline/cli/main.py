"""The command line: parses it, runs the command, and turns errors into one sentence on standard error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from mendline import __version__
from mendline.cli import demo, doctor, keys, projects, serve, show_settings
from mendline.errors import MendlineError

_DESCRIPTION = """\
Mendline shortens the time from "something is wrong" to "it is mended" for teams on AWS Lambda.
Start with `mendline demo` to see a living shop, or `mendline serve` to take your own telemetry.
"""
_EPILOG = """\
examples:
  mendline demo                        a server with real Lambda functions running against it
  mendline serve                       web UI on http://127.0.0.1:8000, OTLP on http://127.0.0.1:4318
  mendline serve --port 0 --data /var/lib/mendline
  mendline keys create --project default --scope admin
  mendline doctor                      what is wrong, if something is

Then point any OpenTelemetry SDK at it:
  OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
"""


class _Parser(argparse.ArgumentParser):
    """Errors end with where help is; abbreviations of flags are not guessed."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"mendline: {message}\nTry: {self.prog} --help\n")


def build_parser() -> argparse.ArgumentParser:
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
    for module in (serve, demo, doctor, keys, projects, show_settings):
        module.add_command(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; answers the exit status."""
    parser = build_parser()
    parsed = parser.parse_args(arguments)
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
