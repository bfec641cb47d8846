"""The command `mendline-playground`: runs the shop until it is told to stop; lists scenarios."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from mendline_playground.emulator.server import MinistackError
from mendline_playground.playground import Options, Playground
from mendline_playground.process import stop_with_parent
from mendline_playground.scenario import OURS, ScenarioError, load_folder


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(prog="mendline-playground", description=__doc__)
    commands = parser.add_subparsers(required=True)
    run = commands.add_parser("run", help="run the shop and its customers until interrupted")
    run.add_argument("--otlp-endpoint", metavar="URL", help="where the functions send telemetry")
    run.add_argument("--logs-endpoint", metavar="URL", help="where logs go, as a CloudWatch Logs subscription")
    run.add_argument("--rate", type=float, default=2.0, help="orders a second; 0 for none (default: 2)")
    run.add_argument("--seed", type=int, default=1, help="of customers and third parties (default: 1)")
    run.add_argument("--duration", type=float, metavar="SECONDS", help="stop by itself so long after the start")
    run.add_argument("--max-envs", type=int, default=2, help="environments a function (default: 2)")
    run.add_argument("--stop-with-parent", action="store_true", help="stop when the process that started this one ends")
    run.add_argument("--emulator-log", type=Path, metavar="FILE", help="the AWS emulator's log")
    run.set_defaults(command=_play_shop)
    listed = commands.add_parser("scenarios", help="list scenario files, and refuse those that cannot be used")
    listed.add_argument("folder", nargs="?", type=Path, default=OURS, metavar="DIR", help="default: ours")
    listed.set_defaults(command=_list_scenarios)
    return parser


async def _run(options: Options, duration_s: float | None) -> None:
    playing = asyncio.ensure_future(_play(options, duration_s))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await playing


async def _play(options: Options, duration_s: float | None) -> None:
    async with Playground(options) as playground:
        sys.stdout.write(f"playground ready: {len(playground.host.functions)} functions\n")
        sys.stdout.flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(duration_s):
                await asyncio.get_running_loop().create_future()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when it ended as asked, 2 when it could not run."""
    parsed = build_parser().parse_args(arguments)
    try:
        parsed.command(parsed)
    except (MinistackError, ScenarioError) as error:
        sys.stderr.write(f"playground: {error}\n")
        return 2
    return 0


def _list_scenarios(parsed: argparse.Namespace) -> None:
    scenarios = load_folder(parsed.folder)
    width = max(len(scenario.name) for scenario in scenarios)
    for scenario in scenarios:
        modes = "+".join(scenario.modes)
        print(f"{scenario.name:{width}}  {scenario.kind:18}  {modes:10}  {scenario.title}")
    controls = sum(scenario.is_control for scenario in scenarios)
    print(f"{len(scenarios)} scenarios, {controls} of them quiet controls")


def _play_shop(parsed: argparse.Namespace) -> None:
    options = Options(
        otlp_endpoint=parsed.otlp_endpoint,
        logs_endpoint=parsed.logs_endpoint,
        rate=parsed.rate,
        seed=parsed.seed,
        max_environments=parsed.max_envs,
        emulator_log=parsed.emulator_log,
    )
    if parsed.stop_with_parent:
        stop_with_parent()
    asyncio.run(_run(options, parsed.duration))
