"""Which requests were taken in the last 24 hours, by their digests: a client's repeat is known and not stored again.

The running hour is a set in memory and an append-only file; a past hour is a file of the digests in order, mapped and
not loaded, so that a day of millions of requests costs page cache, not memory. The digests of what is still in the
spool are in its records too, so that these files need not be synced before a spool file is deleted.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np

DIGEST_BYTES = 16
HOURS = 24
_HOUR_NS = 3600 * 10**9
_OPEN, _SORTED = ".digests", ".sorted"
log = logging.getLogger(__name__)


class _PastHour:
    """The digests of one hour, sorted by their first half; `path` holds all first halves, then all second ones."""

    def __init__(self, path: Path) -> None:
        words = np.memmap(path, dtype="<u8", mode="r") if path.stat().st_size else np.empty(0, "<u8")
        half = len(words) // 2
        self._first, self._second = words[:half], words[half : half * 2]

    def holds(self, first: int, second: int) -> bool:
        left = int(np.searchsorted(self._first, np.uint64(first), "left"))
        while left < len(self._first) and self._first[left] == first:
            if self._second[left] == second:
                return True
            left += 1
        return False


class Seen:
    """The digests of the last 24 hours, kept in a folder. Not safe for several threads: its owner has the lock."""

    def __init__(self, folder: Path, now_ns: int) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._hour = now_ns // _HOUR_NS
        self._current: set[bytes] = set()
        self._unwritten: list[bytes] = []
        self._past: dict[int, _PastHour] = {}
        self._recover()
        self._fd = self._open_file()

    def __contains__(self, digest: bytes) -> bool:
        if digest in self._current:
            return True
        first, second = _halves(digest)
        return any(hour.holds(first, second) for hour in self._past.values())

    def add(self, digest: bytes, now_ns: int) -> None:
        """Remember a request that was made durable now."""
        if now_ns // _HOUR_NS > self._hour:
            self._turn_hour(now_ns // _HOUR_NS)
        if digest not in self._current:
            self._current.add(digest)
            self._unwritten.append(digest)

    def write(self, *, durably: bool) -> None:
        """Write what was added; durably before the records that also hold it are deleted."""
        if self._unwritten:
            data, self._unwritten = b"".join(self._unwritten), []
            os.write(self._fd, data)
        if durably:
            os.fdatasync(self._fd)

    def close(self) -> None:
        """Write what was added and let go of the files."""
        self.write(durably=False)
        os.close(self._fd)
        self._past.clear()

    def _open_file(self) -> int:
        path = self._folder / f"{self._hour}{_OPEN}"
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def _turn_hour(self, hour: int) -> None:
        self.write(durably=False)
        os.close(self._fd)
        self._put_in_order(self._hour, self._current)
        self._hour, self._current = hour, set()
        self._forget()
        self._fd = self._open_file()

    def _put_in_order(self, hour: int, digests: set[bytes]) -> None:
        words = np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)
        words = words[np.argsort(words[:, 0], kind="stable")]
        path = self._folder / f"{hour}{_SORTED}"
        fresh = path.with_suffix(".new")
        fresh.write_bytes(words[:, 0].tobytes() + words[:, 1].tobytes())
        fresh.rename(path)
        (self._folder / f"{hour}{_OPEN}").unlink(missing_ok=True)
        self._past[hour] = _PastHour(path)

    def _forget(self) -> None:
        for hour in [hour for hour in self._past if hour < self._hour - HOURS]:
            del self._past[hour]
            (self._folder / f"{hour}{_SORTED}").unlink(missing_ok=True)

    def _recover(self) -> None:
        for path in self._folder.iterdir():
            if not path.stem.isdecimal() or path.suffix not in (_OPEN, _SORTED):
                path.unlink()  # a file that was being written
                continue
            hour = int(path.stem)
            if path.suffix == _SORTED:
                self._past[hour] = _PastHour(path)
                continue
            digests = _whole_digests(path)
            if hour >= self._hour:  # later than now: the clock was set back
                self._current |= digests
                self._unwritten += digests if hour > self._hour else ()
                path.unlink() if hour > self._hour else None
            else:
                self._put_in_order(hour, digests)
        self._forget()


def _whole_digests(path: Path) -> set[bytes]:
    """The digests of a file that may end in a torn one, which is cut."""
    data = path.read_bytes()
    whole = len(data) // DIGEST_BYTES * DIGEST_BYTES
    if whole < len(data):
        log.warning("The file %s ends within a digest; its last %d bytes are cut.", path, len(data) - whole)
        os.truncate(path, whole)
    return {data[at : at + DIGEST_BYTES] for at in range(0, whole, DIGEST_BYTES)}


def _halves(digest: bytes) -> tuple[int, int]:
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
