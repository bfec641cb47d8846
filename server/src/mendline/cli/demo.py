"""`mendline demo`: a server, and beside it the playground with real Lambda functions sending to it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import os
import secrets
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mendline.cli.flags import add_settings, read_settings
from mendline.errors import UsageError

if TYPE_CHECKING:
    from mendline.app.serve import Addresses

STOP_SECONDS = 8.0
_DEFAULTS = {"data": "./mendline-demo"}  # so that a shop of ours is not among the functions of a server of your own
_SOURCES = """\
# Written by `mendline demo` at each start: the local AWS of the shop.
[[source]]
name = "shop"
regions = ["us-east-1"]
endpoint_url = "{endpoint}"
logs = "off"                       # they are delivered by a subscription

[pace]
configuration_s = 60
details_s = 300
metrics_s = 60
"""
_EPILOG = """\
The playground runs a small shop on real Lambda runtime clients and a local AWS: twelve functions behind an HTTP API,
queues, a topic, streams, tables and schedules, and third parties. Open the printed address; traces appear within
seconds. Meanwhile the days before now are filled in from a model of the shop. Every few minutes something goes wrong
on purpose; the shop's own page, whose address is printed too, says what, and starts and stops it by hand.

  mendline demo --port 8001 --otlp-http 4319 --otlp-grpc 4320 --data ./mendline-demo-2     beside another one
  mendline demo --rate 10 --history 0                                ten orders a second, and no history
  mendline demo --speed 60                                           a day of the shop's customers in 24 minutes
  mendline demo --no-incidents                                       a shop in which nothing goes wrong by itself
  mendline demo --public --host 0.0.0.0                              for everybody to look at
"""


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser(
        "demo",
        help="run the server with a living shop of Lambda functions",
        description="Run the server with a living shop of Lambda functions.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_settings(parser, defaults=_DEFAULTS)
    parser.add_argument(
        "--rate", type=float, default=0.15, metavar="N", help="orders a second in the mean of a week (default: 0.15)"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, metavar="N", help="times as fast for the shop's days (default: 1)"
    )
    parser.add_argument(
        "--history",
        type=float,
        default=7.0,
        metavar="DAYS",
        help="days before now to fill in, where nothing is known of them (default: 7; 0 for none)",
    )
    parser.add_argument(
        "--incidents-every",
        type=float,
        default=8.0,
        metavar="MINUTES",
        help="how often something goes wrong in the shop by itself (default: 8)",
    )
    parser.add_argument(
        "--playground-port",
        type=int,
        default=8002,
        metavar="N",
        help="port of the shop's own page; any free one where that is taken (default: 8002)",
    )
    parser.add_argument(
        "--public",
        action="store_true",
        help="for everybody to look at without signing in, and nobody to change; telemetry is taken on loopback only",
    )
    parser.add_argument("--no-incidents", action="store_true", help="nothing goes wrong by itself")
    parser.set_defaults(run=_run)


def _run(parsed: argparse.Namespace) -> int:
    from mendline.app.serve import run  # noqa: PLC0415 - the database takes a second; --help need not wait

    if not 0 < parsed.rate <= 100:
        raise UsageError(f"--rate is {parsed.rate:g}; it must be above 0 and at most 100 orders a second.")
    if not 0 < parsed.speed <= 1440:
        raise UsageError(f"--speed is {parsed.speed:g}; it must be above 0 and at most 1440, a day in a minute.")
    if importlib.util.find_spec("mendline_playground") is None:
        raise UsageError(
            "The demo needs the playground: run `make setup` in the repository, or pip install mendline-playground."
        )
    if not 1 <= parsed.incidents_every <= 1440:
        raise UsageError(f"--incidents-every is {parsed.incidents_every:g}; it must be 1 to 1440 minutes.")
    if not 0 <= parsed.playground_port <= 65535:
        raise UsageError(f"--playground-port is {parsed.playground_port}; it must be 0 to 65535.")
    settings = read_settings(parsed, _DEFAULTS)
    settings = replace(settings, chaos_key=settings.chaos_key or secrets.token_hex(16))
    if not 0 <= parsed.history <= settings.retention_days:
        raise UsageError(
            f"--history is {parsed.history:g}; it must be 0 to {settings.retention_days}, the days that are kept."
        )

    async def play(addresses: Addresses, stopping: asyncio.Event) -> None:
        endpoint = addresses.otlp_http
        shop = ["--otlp-endpoint", endpoint, "--logs-endpoint", endpoint, "--rate", f"{parsed.rate:g}"]
        shop += ["--speed", f"{parsed.speed:g}", "--server", _from_here(addresses.web)]
        shop += ["--page-port", str(parsed.playground_port)]
        if not parsed.no_incidents:
            shop += ["--incidents-every", f"{parsed.incidents_every:g}"]
        if parsed.history:
            shop += ["--history", f"{parsed.history:g}"]
        read_aws = None if settings.aws_sources else partial(_read_aws, settings.data, addresses.read_aws)
        await _play(shop, stopping, addresses, read_aws, settings.chaos_key)

    run(settings, play, public=parsed.public)
    return 0


def _from_here(url: str) -> str:
    """An address that this machine reaches: one that listens everywhere is no place to go to."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def _read_aws(data: Path, read: Callable[[Path], None], endpoint: str) -> None:
    """Have the server read the shop's local AWS, as it would a real one. It takes any key."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "test")
    file = data / "local-aws.toml"
    file.write_text(_SOURCES.format(endpoint=endpoint))
    read(file)


async def _play(
    shop: list[str],
    stopping: asyncio.Event,
    addresses: Addresses,
    read_aws: Callable[[str], None] | None,
    chaos_key: str,
) -> None:
    """Run the playground until the server stops; if the playground ends first, say so and go on serving. Its functions
    take part in experiments that are signed with the key."""
    command = [sys.executable, "-m", "mendline_playground", "run", "--stop-with-parent", *shop]
    # A group of its own: Ctrl-C at the terminal reaches us, and we stop it in order.
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "MENDLINE_CHAOS_KEY": chaos_key},
    )
    ready = asyncio.Event()
    telling = asyncio.create_task(_tell(process, addresses.tell, ready, read_aws))
    ended = asyncio.create_task(process.wait())
    stopped = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if ended.done() and not stopping.is_set():
            if not ready.is_set():
                addresses.tell()
            print(
                f"mendline: the playground ended (exit status {ended.result()}); the server goes on.",
                file=sys.stderr,
            )
            await stopped
    finally:
        stopped.cancel()
        await asyncio.to_thread(addresses.stop_reading_aws)
        await _end(process, ended)
        telling.cancel()


async def _tell(
    process: asyncio.subprocess.Process,
    tell_addresses: Callable[[], None],
    ready: asyncio.Event,
    read_aws: Callable[[str], None] | None,
) -> None:
    """Our addresses are told once there is something to see behind them. That of the shop's own page is a line like
    those, that of its AWS is for our readers, and the rest is for the log."""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    async for line in process.stdout:
        text = line.decode("utf-8", "replace").rstrip("\n")
        if text.startswith("playground ready"):
            ready.set()
            tell_addresses()
        if text.startswith("aws http"):
            if read_aws is not None:
                await asyncio.to_thread(read_aws, text.removeprefix("aws "))
            continue
        with contextlib.suppress(OSError, ValueError):  # whoever read this has gone; the shop must not wait for that
            print(text, file=sys.stdout if text.startswith("playground http") else sys.stderr, flush=True)


async def _end(process: asyncio.subprocess.Process, ended: asyncio.Task[int]) -> None:
    if ended.done():
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(asyncio.shield(ended), STOP_SECONDS)
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await ended
