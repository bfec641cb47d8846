"""`mendline-playground history`: write the days before now."""

import argparse
import os
import time
from typing import Any

from mendline_playground.bar import Bar
from mendline_playground.commands.numbers import number, whole
from mendline_playground.model import Model
from mendline_playground.model.history import missing, newest_first, stretch, write
from mendline_playground.process import stop_with_parent
from mendline_playground.shop.plan import MOST_ORDERS_A_SECOND, ORDERS_A_SECOND

PERIOD_S = 300


def add_command(commands: Any) -> None:
    """Add it to the command line."""
    parser = commands.add_parser("history", help="write the days before now, as the model of the shop has them")
    parser.add_argument("--server", required=True, metavar="URL", help="the web address of a Mendline server")
    parser.add_argument("--otlp-endpoint", metavar="URL", help="where it takes telemetry (default: there too)")
    parser.add_argument("--days", type=number(0, 90), default=7.0, help="how far back (default: 7)")
    parser.add_argument(
        "--rate",
        type=number(0),
        default=ORDERS_A_SECOND,
        help=f"orders a second in the mean ({ORDERS_A_SECOND})",
    )
    parser.add_argument("--seed", type=whole(0), default=1, help="of the model (default: 1)")
    parser.add_argument("--key", default=os.environ.get("MENDLINE_KEY", ""), help="where the server asks for one")
    parser.add_argument("--nice", action="store_true", help="give way to everything else on this machine")
    parser.add_argument("--stop-with-parent", action="store_true", help="stop when the process that started it ends")
    parser.set_defaults(command=_run)


def _run(parsed: argparse.Namespace) -> None:
    if parsed.stop_with_parent:
        stop_with_parent()
    if parsed.nice:
        os.nice(10)
    server = parsed.server.rstrip("/")
    gaps = missing(server, stretch(parsed.days, time.time()), key=parsed.key)
    bar = Bar("history")
    if not gaps:
        bar.end("history: nothing is missing")
        return
    rate = min(parsed.rate, MOST_ORDERS_A_SECOND) / ORDERS_A_SECOND
    model = Model(parsed.seed, rate=rate, backfilled=True, period_s=PERIOD_S)
    began = time.monotonic()
    progress = write(
        newest_first(gaps),
        model,
        parsed.otlp_endpoint or server,
        server=server,
        key=parsed.key,
        show=lambda now: bar.show(now.done_s, now.total_s, f"{now.spans:,} spans"),
    )
    took_s = time.monotonic() - began
    bar.end(f"history: {progress.done_s / 86400:.1f} days, {progress.spans:,} spans written in {took_s:.0f} s")
