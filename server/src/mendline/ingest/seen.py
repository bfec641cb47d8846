"""Which requests were taken in the last 24 hours, by their digests: a client's repeat is known and not stored again.

The running hour is a set in memory and an append-only file; a past hour is a file of the digests in order, mapped and
not loaded, so that a day of millions of requests costs page cache, not memory. The digests of what is still in the
spool are in its records too, so that these files need not be synced before a spool file is deleted. Of a file that is
damaged all digests are known that are whole, or have one wrong bit (ingest/digests.py).
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

from mendline.ingest.damaged import Damaged
from mendline.ingest.digests import ENTRY_BYTES, DamagedDigestsError, DigestsInOrder, checked, entries_of, put_in_order
from mendline.ingest.durable import NEW, replace_file, write_all

HOURS = 24
_HOUR_NS = 3600 * 10**9
_OPEN, _SORTED = ".digests", ".hour"
log = logging.getLogger(__name__)


class _OpenHour:
    """An hour that is not in order yet: a set in memory, and a file that is behind it by what is `unwritten`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.digests: set[bytes] = set()
        self.unwritten: list[bytes] = []
        self._written_bytes = 0

    def load(self, damaged: Damaged) -> None:
        """Read the file that an earlier process left; its end may be torn."""
        data = self.path.read_bytes()
        self._written_bytes = len(data) // ENTRY_BYTES * ENTRY_BYTES
        if self._written_bytes < len(data):
            log.warning("The file %s ends within a digest; the rest of it is left.", self.path)
        self.digests, trouble = checked(data[: self._written_bytes])
        if trouble and damaged.copy(self.path, trouble):
            whole = entries_of(self.digests)
            replace_file(self.path, whole)
            self._written_bytes = len(whole)

    def add(self, digest: bytes) -> None:
        """Remember one."""
        if digest not in self.digests:
            self.digests.add(digest)
            self.unwritten.append(digest)

    def write(self, *, durably: bool) -> None:
        """Write what is unwritten. Raises OSError; then it still is."""
        data = entries_of(self.unwritten)
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
        self._past: dict[int, DigestsInOrder] = {}
        self._open_hour(self._hour)
        self._recover()

    def __contains__(self, digest: bytes) -> bool:
        if any(digest in hour.digests for hour in self._open.values()):
            return True
        return any(digest in hour for hour in self._past.values())

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
        path = self._folder / f"{hour}{_SORTED}"
        try:
            replace_file(path, put_in_order(digests))
            self._past[hour] = DigestsInOrder(path)
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
            self._load_past(path)
        else:
            self._open_hour(int(path.stem)).load(self._damaged)

    def _load_past(self, path: Path) -> None:
        try:
            self._past[int(path.stem)] = DigestsInOrder(path)
        except DamagedDigestsError as error:
            self._damaged.copy(path, str(error))
            number, hour = int(path.stem), self._open_hour(int(path.stem))
            for digest in error.digests:
                hour.add(digest)
            if number >= self._hour:  # the clock was set back: it goes on
                hour.write(durably=True)
                path.unlink()
            elif hour.digests:
                self._put_in_order(number, hour.digests)
            else:
                path.unlink()

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
