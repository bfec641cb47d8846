"""The spool: acknowledged requests on disk, in order, until the store has them.

`append` resolves after fdatasync; requests that wait together share one (group commit). Files are cut at 64 MiB and
deleted once stored. A damaged file never stops the start: what lies before the damage is kept, the rest set aside.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections import deque
from concurrent.futures import Future
from pathlib import Path

from mendline.clock import Clock
from mendline.errors import SpoolFullError
from mendline.ingest.journal import Journal, sync_folder
from mendline.ingest.segment import SUFFIX, Record, encode, first_offset, path_of, read_records, undamaged_end
from mendline.model.signal import Signal

SEGMENT_BYTES = 64 * 1024 * 1024
log = logging.getLogger(__name__)


class Spool:
    """See the module. `end` is the offset up to which everything is durable; `journal.done` what the store has."""

    def __init__(self, folder: Path, clock: Clock, *, most_bytes: int, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder, self._clock = folder, clock
        self._most_bytes, self._segment_bytes = most_bytes, segment_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(folder / "journal")
        self.damaged_files = 0
        self._segments: list[Path] = []
        self.end = self._recover()
        self._begin_segment(self.end)
        self._waiting: deque[tuple[bytes, Future[int]]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._commit_forever, name="spool", daemon=True)
        self._thread.start()

    @property
    def pending_bytes(self) -> int:
        """Bytes acknowledged and not yet stored."""
        return max(0, self.end - self.journal.done)

    def append(self, signal: Signal, body: bytes, records: int, digest: bytes = bytes(16)) -> Future[int]:
        """Queue a request; the future resolves when it is durable, or raises SpoolFullError."""
        record = encode(signal, body, records, int(self._clock.now().timestamp() * 1e9), digest)
        future: Future[int] = Future()
        with self._changed:
            if self._closing:
                future.set_exception(SpoolFullError("The server is stopping; send again in a moment."))
            elif self.pending_bytes + len(record) > self._most_bytes:
                future.set_exception(SpoolFullError("The spool is full: the store has not kept up. Send again later."))
            else:
                self._waiting.append((record, future))
                self._changed.notify_all()
        return future

    def wait_for_data(self, timeout: float) -> bool:
        """Block until something is not yet stored, or the timeout (seconds) or the end has come."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing or self.end > self.journal.done, timeout)

    def read(self, first: int, *, stop: int | None = None, most_records: int, most_bytes: int) -> list[Record]:
        """Durable records from offset `first` on, within one file, up to the limits (but at least one)."""
        found: list[Record] = []
        records = size = 0
        for path in [*self._segments]:
            base = first_offset(path)
            for record in read_records(path, max(first, base), min(self.end, stop) if stop is not None else self.end):
                if found and (records + record.records > most_records or size + len(record.body) > most_bytes):
                    return found
                found.append(record)
                records, size = records + record.records, size + len(record.body)
            if found:
                return found
        return found

    def finish(self, end: int) -> None:
        """All before `end` is stored; files that hold nothing else are deleted."""
        self.journal.finish(end)
        while len(self._segments) > 1 and first_offset(self._segments[1]) <= end:
            self._segments.pop(0).unlink(missing_ok=True)

    def close(self) -> None:
        """Commit what waits, then let go of the files."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        os.close(self._fd)
        self.journal.close()

    def _commit_forever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                batch = list(self._waiting)
                self._waiting.clear()
                if not batch:
                    return
            self._commit(batch)

    def _commit(self, batch: list[tuple[bytes, Future[int]]]) -> None:
        size = sum(len(record) for record, _ in batch)
        try:
            _write_all(self._fd, b"".join(record for record, _ in batch))
            os.fdatasync(self._fd)
        except OSError as error:
            self._undo()
            reason = (
                "The disk is full"
                if error.errno in (errno.ENOSPC, errno.EDQUOT)
                else f"The spool cannot be written ({error})"
            )
            for _, future in batch:
                future.set_exception(SpoolFullError(f"{reason}. Send again later."))
            return
        with self._changed:
            self.end += size
            self._changed.notify_all()
        for _, future in batch:
            future.set_result(self.end)
        if self.end - first_offset(self._segments[-1]) >= self._segment_bytes:
            os.close(self._fd)
            self._begin_segment(self.end)

    def _undo(self) -> None:
        """Cut what was written of a failed commit, so that later records follow the last good one."""
        try:
            os.ftruncate(self._fd, self.end - first_offset(self._segments[-1]))
        except OSError:
            log.exception("A failed commit could not be cut from the spool")

    def _begin_segment(self, offset: int) -> None:
        path = path_of(self._folder, offset)
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        sync_folder(self._folder)
        if path not in self._segments:
            self._segments.append(path)

    def _recover(self) -> int:
        """Read what an earlier process left: keep whole records, set damage aside, answer the end."""
        end = self.journal.done
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            base = first_offset(path)
            size = path.stat().st_size
            good = undamaged_end(path, max(base, min(self.journal.done, base + size)))
            if good < base + size:
                self._set_aside(path, good - base)
            if good <= self.journal.done:
                path.unlink()
            else:
                self._segments.append(path)
            # Offsets behind damage are not given out again: a token of before must never meet other bytes.
            end = max(end, base + size)
        return end

    def _set_aside(self, path: Path, keep: int) -> None:
        damaged = self._folder / "damaged"
        damaged.mkdir(exist_ok=True)
        with path.open("r+b") as file:
            file.seek(keep)
            (damaged / f"{path.name}.{keep}").write_bytes(file.read())
            file.truncate(keep)
            os.fsync(file.fileno())
        self.damaged_files += 1
        log.warning("The spool file %s was damaged behind byte %d; the rest is kept in %s.", path.name, keep, damaged)


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
