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
_SMALL_BYTES = 1536
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"


class LogExporter:
    """Writes spans to stdout when an invocation ends."""

    begun = None  # nobody waits for the beginning of an invocation
    __slots__ = ("_base64", "_common", "_resource", "_writing", "_zlib", "outbox")

    def __init__(self) -> None:
        import zlib  # while the environment starts, rather than in the first invocation
        from binascii import b2a_base64

        self._zlib, self._base64 = zlib, b2a_base64
        self._resource = self._common = b""
        self.outbox = Outbox()
        self._writing = Lock()

    def finished(self, remaining_s: float | None, *, corrects: bool = False, last: bool = False) -> None:
        """It has ended: write what there is."""
        self.flush(1.0)

    def flush(self, budget_s: float, *, last: bool = False) -> str:
        """Write what waits, if nobody else is writing for longer than this; answers what became of it."""
        if not self._writing.acquire(timeout=max(0.0, budget_s)):
            return "no time"
        try:
            taken = self.outbox.take()
            if taken is None:
                return "nothing to send"
            dropped = self.outbox.ring.dropped
            try:
                for line in self._lines(self._packed(*self.outbox.parts(taken))):
                    _write(line)
            except Exception as error:
                self.outbox.failed(taken, f"{type(error).__name__}: {error}", again=False)
                GUARD.failed("export to the log", error)
                return "failed"
            self.outbox.sent(dropped)
            return "sent"
        finally:
            self._writing.release()

    def ask(self) -> None:
        """A log does not answer."""

    def prepare(self) -> None:
        """Compress what all requests have alike: whose they are."""
        compressor = self._zlib.compressobj(9, self._zlib.DEFLATED, -12, 6)
        self._resource = self.outbox.resource
        self._common = compressor.compress(self._resource) + compressor.flush(self._zlib.Z_SYNC_FLUSH)

    def _packed(self, head: bytes, resource: bytes, rest: bytes) -> bytes:
        """A body of three parts as gzip. Of a small one only the resource, which all have in common, is compressed, and
        that was done before: to compress the rest would take longer than all else of an invocation that calls nothing.
        """
        common = self._resource
        size = len(head) + len(resource) + len(rest)
        if size > _SMALL_BYTES or not common or not resource.startswith(common):
            return packed(head + resource + rest)
        rest, crc32 = resource[len(common) :] + rest, self._zlib.crc32
        crc = crc32(rest, crc32(common, crc32(head)))
        # gzip (RFC 1952) of blocks (RFC 1951): as it is, compressed, and the last one as it is again
        return b"".join((
            _GZIP_HEAD, b"\0", _told_twice(len(head)), head, self._common, b"\1", _told_twice(len(rest)), rest,
            (size << 32 | crc).to_bytes(8, "little"),
        ))  # fmt: skip

    def _lines(self, body: bytes) -> list[bytes]:
        encoded = self._base64(body, newline=False)
        if len(encoded) <= _LINE_BYTES:
            return [b"MENDLINE1 1/1 " + encoded + b"\n"]
        parts = [encoded[at : at + _LINE_BYTES] for at in range(0, len(encoded), _LINE_BYTES)]
        if len(parts) > _MAX_LINES:
            raise ValueError(f"{len(encoded)} bytes do not go into a log")
        return [b"MENDLINE1 %d/%d %s\n" % (number, len(parts), part) for number, part in enumerate(parts, 1)]


def _told_twice(length: int) -> bytes:
    """The length of a block that is as it is, and its complement."""
    return (length | (length ^ 0xFFFF) << 16).to_bytes(4, "little")


def _write(line: bytes) -> None:
    """The whole line; a pipe takes 64 KiB at a time."""
    while line:
        line = line[os.write(_STDOUT, line) :]
