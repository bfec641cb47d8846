"""How a server process is told to stop: once in order, twice at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys


def stop_on_signals() -> asyncio.Event:
    """An event that SIGINT and SIGTERM set from now on, at whatever point of its start or life the server is.

    The second signal ends the process where it is. That loses nothing that was acknowledged, as `kill -9` does not.
    """
    stopping = asyncio.Event()

    def on_signal(number: int) -> None:
        if stopping.is_set():
            sys.stderr.write("mendline: stopped at once.\n")
            sys.stderr.flush()
            os._exit(128 + number)
        sys.stderr.write("mendline: stopping; once more stops at once.\n")
        sys.stderr.flush()
        stopping.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)
    return stopping
