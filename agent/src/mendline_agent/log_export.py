"""Sending through the function's own log: lines on stdout that a log subscription brings to the server.

No network, no waiting: `MENDLINE1 <n>/<m> <base64 of gzip of an ExportTraceServiceRequest>`, at most 200 kB a line.
"""

from __future__ import annotations

import os
from threading import Lock

from .guard import GUARD
from .outbox import Outbox, packed

_STDOUT = 1
_LINE_BYTES = 200_000
_MAX_LINES = 9999


class LogExporter:
    """Writes spans to stdout when an invocation ends."""

    __slots__ = ("_writing", "outbox")

    def __init__(self) -> None:
        import binascii  # noqa: F401 - while the environment starts, rather than in the first invocation
        import zlib  # noqa: F401 - the same

        self.outbox = Outbox()
        self._writing = Lock()

    def begun(self) -> None:
        """An invocation has begun."""

    def finished(self, remaining_s: float | None) -> None:
        """It has ended: write what there is."""
        self.flush(1.0)

    def flush(self, budget_s: float) -> str:
        """Write what waits, if nobody else is writing for longer than this; answers what became of it."""
        if not self._writing.acquire(timeout=max(0.0, budget_s)):
            return "no time"
        try:
            taken = self.outbox.take()
            if taken is None:
                return "nothing to send"
            dropped = self.outbox.ring.dropped
            try:
                for line in _lines(packed(self.outbox.body(taken))):
                    _write(line)
            except Exception as error:
                self.outbox.failed(taken, f"{type(error).__name__}: {error}", again=False)
                GUARD.failed("export to the log", error)
                return "failed"
            self.outbox.sent(dropped)
            return "sent"
        finally:
            self._writing.release()


def _lines(body: bytes) -> list[bytes]:
    from binascii import b2a_base64

    encoded = b2a_base64(body, newline=False)
    if len(encoded) <= _LINE_BYTES:
        return [b"MENDLINE1 1/1 " + encoded + b"\n"]
    parts = [encoded[at : at + _LINE_BYTES] for at in range(0, len(encoded), _LINE_BYTES)]
    if len(parts) > _MAX_LINES:
        raise ValueError(f"{len(encoded)} bytes do not go into a log")
    return [b"MENDLINE1 %d/%d %s\n" % (number, len(parts), part) for number, part in enumerate(parts, 1)]


def _write(line: bytes) -> None:
    """The whole line; a pipe takes 64 KiB at a time."""
    written = os.write(_STDOUT, line)
    while written < len(line):
        line = line[written:]
        written = os.write(_STDOUT, line)
