"""`mendline serve`: take telemetry, store it, show it."""

from __future__ import annotations

import argparse
from typing import Any

from mendline.cli.flags import add_settings, read_settings

_EPILOG = """\
Prints one line for each listener when all are ready, and runs until Ctrl-C. Telemetry is accepted as OTLP
over HTTP (protobuf and JSON) and gRPC; a request that is acknowledged is on the disk.

  mendline serve --port 8001 --otlp-http 4319 --otlp-grpc 4320 --data ./other-data
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "serve",
        help="run the server: OTLP in, web UI and API out",
        description="Run the server: OTLP in, web UI and API out.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_settings(parser)
    parser.add_argument(
        "--test-clock",
        nargs="?",
        const="now",
        metavar="MOMENT",
        help="for tests: time stands still, at first at MOMENT (default: now), until POST /api/v1/test/clock moves it;"
        " on loopback only",
    )
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    from mendline.app.serve import run  # noqa: PLC0415 - the database takes a second to import; --help need not wait

    run(read_settings(parsed), test_clock=parsed.test_clock)
    return 0
