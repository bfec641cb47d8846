"""`mendline-playground run`: the shop and its customers, until interrupted."""

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Any

from mendline_playground.commands.numbers import number, whole
from mendline_playground.live import Rotation
from mendline_playground.page import Page
from mendline_playground.playground import Options, Playground
from mendline_playground.process import stop_with_parent
from mendline_playground.scenario import OURS, load_folder
from mendline_playground.shop.plan import ORDERS_A_SECOND

_HISTORY_AFTER_S = 12.0  # until then each function has had its first traces


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    run = commands.add_parser("run", help="run the shop and its customers until interrupted")
    run.add_argument("--otlp-endpoint", metavar="URL", help="where the functions send telemetry")
    run.add_argument("--logs-endpoint", metavar="URL", help="where logs go, as a CloudWatch Logs subscription")
    run.add_argument("--server", metavar="URL", help="the web address of the server that gets history")
    run.add_argument("--history", type=number(0, 90), default=0.0, metavar="DAYS", help="days before now to fill in")
    run.add_argument(
        "--rate",
        type=number(0, 100),
        default=ORDERS_A_SECOND,
        help=f"orders a second in the mean of a week; 0 for none (default: {ORDERS_A_SECOND})",
    )
    run.add_argument("--even", action="store_true", help="the same rate at every hour")
    run.add_argument("--speed", type=number(0.001, 1440), default=1.0, help="times as fast for its days (default: 1)")
    run.add_argument("--seed", type=whole(0), default=1, help="of customers and third parties (default: 1)")
    run.add_argument("--duration", type=number(0), metavar="SECONDS", help="stop by itself so long after the start")
    run.add_argument("--max-envs", type=whole(1, 1000), default=2, help="environments a function (default: 2)")
    run.add_argument(
        "--incidents-every",
        type=number(0, 1440),
        default=0.0,
        metavar="MINUTES",
        help="play scenarios in rotation (default: none)",
    )
    run.add_argument(
        "--page-port", type=whole(0, 65535), metavar="N", help="of its own page; 0: any free (default: no page)"
    )
    run.add_argument("--scenarios", type=Path, default=OURS, metavar="DIR", help="scenario files (default: ours)")
    run.add_argument("--stop-with-parent", action="store_true", help="stop when the process that started this one ends")
    run.add_argument("--emulator-log", type=Path, metavar="FILE", help="the AWS emulator's log")
    run.set_defaults(command=_run)


def _run(parsed: argparse.Namespace) -> None:
    options = Options(
        otlp_endpoint=parsed.otlp_endpoint,
        logs_endpoint=parsed.logs_endpoint,
        rate=parsed.rate,
        shaped=not parsed.even,
        speed=parsed.speed,
        seed=parsed.seed,
        max_environments=parsed.max_envs,
        emulator_log=parsed.emulator_log,
    )
    if parsed.stop_with_parent:
        stop_with_parent()
    parsed.loaded = load_folder(parsed.scenarios)
    asyncio.run(_until_told(options, parsed))


async def _until_told(options: Options, parsed: argparse.Namespace) -> None:
    playing = asyncio.ensure_future(_play(options, parsed))
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, playing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await playing


async def _play(options: Options, parsed: argparse.Namespace) -> None:
    async with Playground(options) as playground, contextlib.AsyncExitStack() as stack:
        if options.rate > 0:
            await playground.traffic.open.wait()
        sys.stdout.write(f"playground ready: {len(playground.host.functions)} functions\n")
        sys.stdout.write(f"aws {playground.ministack.url}\n")
        sys.stdout.flush()
        rotation = None
        if parsed.incidents_every > 0:
            rotation = Rotation(playground.injector, parsed.loaded, parsed.incidents_every * 60, seed=parsed.seed)
            stack.push_async_callback(_stop, asyncio.ensure_future(rotation.run()))
        if parsed.page_port is not None:
            page = Page(playground, parsed.loaded, rotation, server=parsed.server or "")
            stack.push_async_callback(page.close)
            sys.stdout.write(f"playground {await page.start(parsed.page_port)}\n")
            sys.stdout.flush()
        if parsed.history and parsed.server:
            writing = asyncio.ensure_future(_write_history(parsed))
            stack.push_async_callback(_stop, writing)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(parsed.duration):
                await asyncio.get_running_loop().create_future()


async def _write_history(parsed: argparse.Namespace) -> None:
    """Have a process of its own write history, which gives way to the shop."""
    await asyncio.sleep(_HISTORY_AFTER_S)
    command = [sys.executable, "-m", "mendline_playground", "history", "--nice", "--stop-with-parent"]
    command += [
        "--server",
        parsed.server,
        "--otlp-endpoint",
        parsed.otlp_endpoint or parsed.server,
        "--days",
        f"{parsed.history:g}",
        "--rate",
        f"{parsed.rate:g}",
    ]
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _stop(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
