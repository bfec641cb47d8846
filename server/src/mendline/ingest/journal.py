"""What the writer was about to store, written down before it does: after a crash it stores exactly the same again.

A batch that grew between two attempts under one token would lose the difference (INTERFACES, Store). Each line is
`begin FIRST END` or `done END`, with its CRC-32; only the last of each counts.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

_MOST_BYTES = 1024 * 1024


class Journal:
    """The borders of batches. `done` is the offset up to which all is stored; `open_batch` one begun but not done.

    A new journal begins at `first`.
    """

    def __init__(self, path: Path, first: int = 0) -> None:
        self._path = path
        self.done = 0 if path.exists() else first
        self.open_batch: tuple[int, int] | None = None
        if path.exists():
            for line in path.read_bytes().splitlines():
                self._read(line)
        if self.open_batch and self.open_batch[1] <= self.done:
            self.open_batch = None
        self._fd = self._fresh_file()

    def begin(self, first: int, end: int) -> None:
        """Write down, durably, that [first, end) is stored next."""
        self.open_batch = (first, end)
        os.write(self._fd, _line(f"begin {first} {end}"))
        os.fdatasync(self._fd)

    def finish(self, end: int) -> None:
        """Write down that all before `end` is stored. Not synced: if it is lost, the same batch is repeated."""
        self.done, self.open_batch = end, None
        os.write(self._fd, _line(f"done {end}"))
        if os.fstat(self._fd).st_size > _MOST_BYTES:
            os.close(self._fd)
            self._fd = self._fresh_file()

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)

    def _read(self, line: bytes) -> None:
        text, _, crc = line.rpartition(b" ")
        words = text.split()
        if not words or crc != _checksum(text):
            return
        if words[0] == b"begin":
            self.open_batch = (int(words[1]), int(words[2]))
        elif words[0] == b"done":
            self.done = max(self.done, int(words[1]))

    def _fresh_file(self) -> int:
        """A short journal that says the same, put in place at once; answers its descriptor.

        The time of the file stays when something was last written: a restart is no batch.
        """
        stored_ns = self._path.stat().st_mtime_ns if self._path.exists() else 0
        fresh = self._path.with_suffix(".new")
        fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o644)
        os.write(fd, _line(f"done {self.done}"))
        if self.open_batch:
            os.write(fd, _line(f"begin {self.open_batch[0]} {self.open_batch[1]}"))
        os.utime(fd, ns=(stored_ns, stored_ns))
        os.fsync(fd)
        fresh.rename(self._path)
        sync_folder(self._path.parent)
        return fd


def _line(text: str) -> bytes:
    return text.encode() + b" " + _checksum(text.encode()) + b"\n"


def _checksum(text: bytes) -> bytes:
    return b"%08x" % zlib.crc32(text)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
