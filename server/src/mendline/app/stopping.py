"""How a server process is told to stop: once in order, twice at once."""

from __future__ import annotations

import asyncio
import contextlib
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
            _tell("mendline: stopped at once.\n")
            os._exit(128 + number)
        stopping.set()
        _tell("mendline: stopping; once more stops at once.\n")

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, on_signal, number)
    return stopping


def _tell(text: str) -> None:
    """To whoever reads standard error; it may be closed, as where a terminal or a pipe has gone."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
