"""Which requests were taken in the last 24 hours, by their digests: a client's repeat is known and not stored again.

The running hour is a set in memory and an append-only file; a past hour is a file of the digests in order, mapped and
not loaded, so that a day of millions of requests costs page cache, not memory. The digests of what is still in the
spool are in its records too, so that these files need not be synced before a spool file is deleted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import struct
import zlib
from pathlib import Path

import numpy as np

from mendline.ingest.damaged import Damaged
from mendline.ingest.durable import NEW, replace_file, write_all

DIGEST_BYTES = 16
HOURS = 24
_HOUR_NS = 3600 * 10**9
_OPEN, _SORTED = ".digests", ".hour"
_TRAILER = struct.Struct("<8sQ")  # behind the digests of a past hour: a mark, and their CRC-32
_MARK = b"digests1"
log = logging.getLogger(__name__)


class _PastHour:
    """The digests of one hour, sorted by their first half; `path` holds all first halves, then all second ones, and the
    trailer. Raises ValueError for a file that is damaged, OSError."""

    def __init__(self, path: Path) -> None:
        size = path.stat().st_size
        if size < _TRAILER.size or size % DIGEST_BYTES:
            raise ValueError(f"It is {size} bytes long, which is no number of digests.")
        words = np.memmap(path, dtype="<u8", mode="r")
        half = (len(words) - _TRAILER.size // 8) // 2
        if words[half * 2 :].tobytes() != _TRAILER.pack(_MARK, zlib.crc32(words[: half * 2].data)):
            raise ValueError("Its checksum is not that of its digests.")
        self._first, self._second = words[:half], words[half : half * 2]

    def holds(self, first: int, second: int) -> bool:
        left = int(np.searchsorted(self._first, np.uint64(first), "left"))
        while left < len(self._first) and self._first[left] == first:
            if self._second[left] == second:
                return True
            left += 1
        return False


class _OpenHour:
    """An hour that is not in order yet: a set in memory, and a file that is behind it by what is `unwritten`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digests: set[bytes] = set()
        self.unwritten: list[bytes] = []
        self._written_bytes = 0

    def load(self) -> None:
        """Read the file that an earlier process left; its end may be torn."""
        data = self.path.read_bytes()
        self._written_bytes = len(data) // DIGEST_BYTES * DIGEST_BYTES
        if self._written_bytes < len(data):
            log.warning("The file %s ends within a digest; the rest of it is left.", self.path)
        self.digests = {data[at : at + DIGEST_BYTES] for at in range(0, self._written_bytes, DIGEST_BYTES)}

    def add(self, digest: bytes) -> None:
        """Remember one."""
        if digest not in self.digests:
            self.digests.add(digest)
            self.unwritten.append(digest)

    def write(self, *, durably: bool) -> None:
        """Write what is unwritten. Raises OSError; then it still is."""
        data = b"".join(self.unwritten)
        fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        try:
            if data:
                os.ftruncate(fd, min(self._written_bytes, os.fstat(fd).st_size))  # what failed before has left more
                write_all(fd, data)
            if durably:
                os.fdatasync(fd)
        finally:
            os.close(fd)
        self._written_bytes += len(data)
        self.unwritten.clear()


class Seen:
    """The digests of the last 24 hours, kept in a folder. Not safe for several threads: its owner has the lock."""

    def __init__(self, folder: Path, now_ns: int, damaged: Damaged) -> None:
        self._folder, self._damaged = folder, damaged
        self._hour = now_ns // _HOUR_NS
        self._open: dict[int, _OpenHour] = {}  # the running hour, and any before it that could not be put in order yet
        self._past: dict[int, _PastHour] = {}
        self._open_hour(self._hour)
        self._recover()

    def __contains__(self, digest: bytes) -> bool:
        if any(digest in hour.digests for hour in self._open.values()):
            return True
        first, second = _halves(digest)
        return any(hour.holds(first, second) for hour in self._past.values())

    def add(self, digest: bytes, now_ns: int) -> None:
        """Remember a request that was made durable now. Writes nothing, and never fails."""
        if now_ns // _HOUR_NS > self._hour:
            self._hour = now_ns // _HOUR_NS
            self._open_hour(self._hour)
            self._forget()
        self._open[self._hour].add(digest)

    def write(self, *, durably: bool) -> None:
        """Write what was added; durably before the records that also hold it are deleted. Raises OSError; then what
        is not written stays in memory, for the next time."""
        for number, hour in sorted(self._open.items()):
            if number == self._hour or not self._put_in_order(number, hour.digests):
                hour.write(durably=durably)

    def close(self) -> None:
        """Write what was added and let go of the files."""
        try:
            self.write(durably=False)
        except OSError as error:  # the records that hold it are still there
            log.warning("The digests of the last requests could not be written (%s).", error)
        self._past.clear()

    def _open_hour(self, hour: int) -> _OpenHour:
        return self._open.setdefault(hour, _OpenHour(self._folder / f"{hour}{_OPEN}"))

    def _put_in_order(self, hour: int, digests: set[bytes]) -> bool:
        """Make the file of a past hour; False where the disk does not take it, so that it is tried again."""
        words = np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)
        words = words[np.argsort(words[:, 0], kind="stable")]
        path = self._folder / f"{hour}{_SORTED}"
        try:
            data = words[:, 0].tobytes() + words[:, 1].tobytes()
            replace_file(path, data, _TRAILER.pack(_MARK, zlib.crc32(data)))
            self._past[hour] = _PastHour(path)
        except OSError as error:
            log.warning("The digests of an hour could not be put in order (%s); it is tried again.", error)
            return False
        self._open.pop(hour).path.unlink(missing_ok=True)
        return True

    def _forget(self) -> None:
        for hours, suffix in ((self._past, _SORTED), (self._open, _OPEN)):
            for hour in [hour for hour in hours if hour < self._hour - HOURS]:
                del hours[hour]
                with contextlib.suppress(OSError):  # it is forgotten again after the next start
                    (self._folder / f"{hour}{suffix}").unlink(missing_ok=True)

    def _recover(self) -> None:
        if self._folder.exists() and not self._folder.is_dir():
            self._damaged.move(self._folder, "It is no folder.")
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(self._folder.iterdir()):
            try:
                self._load(path)
            except (ValueError, OSError) as error:
                self._damaged.move(path, f"{error} What came again of its hour may be kept twice.")
        self._forget()
        for hour in [hour for hour in self._open if hour > self._hour]:
            self._bring_back(hour)

    def _load(self, path: Path) -> None:
        if path.suffix == NEW:
            path.unlink()  # it was being written
        elif not path.stem.isdecimal() or path.suffix not in (_OPEN, _SORTED):
            raise ValueError("It is no file of digests.")
        elif path.suffix == _SORTED:
            self._past[int(path.stem)] = _PastHour(path)
        else:
            self._open_hour(int(path.stem)).load()

    def _bring_back(self, hour: int) -> None:
        """Take an hour that is yet to come (the clock was set back) for the present one."""
        late, present = self._open.pop(hour), self._open[self._hour]
        for digest in late.digests:
            present.add(digest)
        try:
            present.write(durably=True)
            late.path.unlink()
        except OSError as error:  # it is found again after the next start
            log.warning("The digests of an hour that is yet to come could not be moved (%s).", error)


def _halves(digest: bytes) -> tuple[int, int]:
    return int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:], "little")
