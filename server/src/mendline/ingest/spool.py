"""The spool: acknowledged requests on disk, in order, until the store has them.

`append` resolves after fdatasync; requests that wait together share one (group commit). Files are cut at 64 MiB and
deleted once stored. A damaged file never stops the start: what lies before the damage is kept, the rest set aside.
A request whose digest was taken within the last 24 hours is a client's repeat: it is answered, not kept again.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from mendline.clock import Clock
from mendline.errors import DiskLowError, SpoolFullError
from mendline.ingest.damaged import Damaged
from mendline.ingest.digests import DIGEST_BYTES
from mendline.ingest.disk import Disk
from mendline.ingest.durable import sync_folder, write_all
from mendline.ingest.journal import Journal
from mendline.ingest.partial import Partial
from mendline.ingest.recover import recover, segments_in
from mendline.ingest.seen import Seen
from mendline.ingest.segment import OVERHEAD, Record, first_offset, head_of, path_of, read_records
from mendline.model.signal import Signal

SEGMENT_BYTES = 64 * 1024 * 1024
NO_DIGEST = bytes(DIGEST_BYTES)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request to keep. `digest` (16 bytes) tells one from another; without one, nothing is a repeat. `left_out` is
    what of it is not kept, by reason."""

    signal: Signal
    body: bytes
    records: int
    digest: bytes = NO_DIGEST
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request that the next commit makes durable."""

    head: bytes
    body: bytes
    digest: bytes
    received_ns: int
    future: Future[bool]

    @property
    def size(self) -> int:
        """How many bytes it takes on the disk."""
        return len(self.head) + len(self.body)


class Spool:
    """See the module. `end` is the offset up to which everything is durable; `journal.done` what the store has.

    `begun` is the last batch that the store knows of (TelemetryStore.last_batch).
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        most_bytes: int,
        segment_bytes: int = SEGMENT_BYTES,
        disk: Disk | None = None,
        begun: tuple[int, int] | None = None,
    ) -> None:
        self._folder, self._clock, self._disk = folder, clock, disk
        self._most_bytes, self._segment_bytes = most_bytes, segment_bytes
        folder.mkdir(parents=True, exist_ok=True)
        self._damaged = Damaged(folder / "damaged")
        segments = segments_in(folder, self._damaged)
        self.journal = self._open_journal(folder / "journal", segments, begun)
        self._seen = Seen(folder / "seen", self._now_ns(), self._damaged)
        self._partial = Partial(folder / "partial", self._now_ns())
        recovered = recover(segments, self.journal.done, self._damaged, self._know)
        self._segments, self._reported = recovered.segments, recovered.uncut
        self.end = max(recovered.end, self.journal.done, (self.journal.open_batch or (0, 0))[1])
        self._begin_segment(self.end)
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._underway: dict[bytes, Future[bool]] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._torn = False  # something lies behind `end` that is no record
        self._thread = threading.Thread(target=self._commit_forever, name="spool", daemon=True)
        self._thread.start()

    @property
    def damaged_files(self) -> int:
        """How many damaged files were found since the start."""
        return self._damaged.found

    @property
    def pending_bytes(self) -> int:
        """Bytes acknowledged and not yet stored."""
        return max(0, self.end - self.journal.done)

    def oldest_ns(self) -> int:
        """When the oldest request that is not yet stored was received, in Unix nanoseconds; 0 when all are stored."""
        if not self.pending_bytes:
            return 0
        found = self.read(self.journal.done, most_records=1, most_bytes=1)
        return found[0].received_ns if found else 0

    def append(self, signal: Signal, body: bytes, records: int, digest: bytes = NO_DIGEST) -> Future[bool]:
        """Queue one request; see append_all."""
        return self.append_all([Arrival(signal, body, records, digest)])[0]

    def append_all(self, arrivals: Sequence[Arrival]) -> list[Future[bool]]:
        """Queue requests that came together, all or none of them.

        The futures resolve when they are durable: True, or False for a repeat. Those that are none become durable by
        one commit, or raise SpoolFullError or DiskLowError all alike.
        """
        now_ns = self._now_ns()
        heads = [head_of(each.signal, each.body, each.records, now_ns, each.digest) for each in arrivals]
        futures: list[Future[bool]] = []
        with self._changed:
            is_fresh = [self._repeat(each.digest) is None for each in arrivals]
            size = sum(OVERHEAD + len(each.body) for each, fresh in zip(arrivals, is_fresh, strict=True) if fresh)
            refusal = self._refusal(size) if any(is_fresh) else None
            for arrival, head in zip(arrivals, heads, strict=True):
                futures.append(self._repeat(arrival.digest) or self._queued(arrival, head, now_ns, refusal))
            self._changed.notify_all()
        return futures

    def repeat(self, digest: bytes) -> Future[bool] | None:
        """What a repeat of a request is to wait for (False, or the error of the first); None when it is none."""
        with self._changed:
            return self._repeat(digest)

    def left_out(self, digest: bytes) -> Mapping[str, int]:
        """What was left out of a request that was taken, by reason."""
        with self._changed:
            return self._partial.left_out(digest)

    def _repeat(self, digest: bytes) -> Future[bool] | None:
        if digest == NO_DIGEST:
            return None
        if digest in self._underway:
            return _repeat_of(self._underway[digest])
        return _resolved(False) if digest in self._seen else None

    def _queued(self, arrival: Arrival, head: bytes, now_ns: int, refusal: Exception | None) -> Future[bool]:
        future: Future[bool] = Future()
        future.set_running_or_notify_cancel()  # a client that goes away must not cancel it under the commit
        if refusal:
            future.set_exception(refusal)
            return future
        waiting = _Waiting(head, arrival.body, arrival.digest, now_ns, future)
        self._waiting.append(waiting)
        self._waiting_bytes += waiting.size
        if arrival.digest != NO_DIGEST:
            self._underway[arrival.digest] = future
            if arrival.left_out:
                self._partial.add(arrival.digest, arrival.left_out, now_ns)
        return future

    def require_room(self, size: int = 0) -> None:
        """Raise SpoolFullError or DiskLowError when a request of that many bytes would not be taken just now."""
        with self._changed:
            refusal = self._refusal(size)
        if refusal:
            raise refusal

    def refusal(self) -> str:
        """Why nothing is taken just now; empty when it is."""
        with self._changed:
            refusal = self._refusal(0)
        return refusal.message if refusal else ""

    def _refusal(self, size: int) -> SpoolFullError | DiskLowError | None:
        if self._closing:
            return SpoolFullError("The server is stopping; send again in a moment.")
        if self.pending_bytes + self._waiting_bytes + size > self._most_bytes:
            return SpoolFullError("The spool is full: the store has not kept up. Send again later.")
        if self._disk and self._disk.is_low():
            return DiskLowError("The server's disk is nearly full, so it takes nothing in. Send again later.")
        return None

    def wait_for_data(self, timeout: float) -> bool:
        """Block until something is not yet stored, or the timeout (seconds) or the end has come."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closing or self.end > self.journal.done, timeout)

    def read(self, first: int, *, stop: int | None = None, most_records: int, most_bytes: int) -> list[Record]:
        """Durable records from offset `first` on, within one file, up to the limits (but at least one)."""
        found: list[Record] = []
        records = size = 0
        durable = self.end if stop is None else min(self.end, stop)
        for path in [*self._segments]:
            reached = max(first, first_offset(path))
            for record in self._records_of(path, reached, durable):
                if found and (records + record.records > most_records or size + len(record.body) > most_bytes):
                    return found
                found.append(record)
                records, size, reached = records + record.records, size + len(record.body), record.end
            self._report_damage(path, reached, durable)
            if found:
                return found
        return found

    def _records_of(self, path: Path, start: int, stop: int) -> Iterator[Record]:
        try:
            yield from read_records(path, start, stop)
        except FileNotFoundError:
            if path in self._segments:
                raise
            # all of it was stored, and it was deleted, since its name was read

    def _report_damage(self, path: Path, offset: int, durable: int) -> None:
        """Keep a copy of what lies behind the last record that could be read, if anything does: it is lost."""
        if (path, offset) in self._reported or path not in self._segments:
            return
        try:
            end = first_offset(path) + path.stat().st_size
        except FileNotFoundError:  # stored and deleted meanwhile
            return
        if offset >= min(durable, end):
            return
        self._reported.add((path, offset))
        behind = offset - first_offset(path)
        self._damaged.copy(path, f"It is damaged behind byte {behind}: what follows is not stored.", behind=behind)

    def finish(self, end: int) -> None:
        """All before `end` is stored; files that hold nothing else are deleted."""
        self.journal.finish(end)
        with self._changed:
            stored = len(self._segments) > 1 and first_offset(self._segments[1]) <= end
            try:
                self._seen.write(durably=stored)
            except OSError as error:
                log.warning("The digests of requests could not be written (%s); the spool's files keep them.", error)
                return
        while len(self._segments) > 1 and first_offset(self._segments[1]) <= end:
            self._segments.pop(0).unlink(missing_ok=True)

    def refuse(self) -> None:
        """Commit what waits, and take nothing more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def close(self) -> None:
        """Commit what waits, then let go of the files."""
        self.refuse()
        os.close(self._fd)
        self._seen.close()
        self.journal.close()

    def _now_ns(self) -> int:
        return int(self._clock.now().timestamp() * 1e9)

    def _commit_forever(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                batch = list(self._waiting)
                self._waiting.clear()
                if not batch:
                    return
            error = self._commit([part for waiting in batch for part in (waiting.head, waiting.body)])
            self._settle(batch, error)
            if not error and self.end - first_offset(self._segments[-1]) >= self._segment_bytes:
                self._roll()

    def _roll(self) -> None:
        """Begin a new file; where that fails the old one grows, and it is tried again with the next commit."""
        old = self._fd
        try:
            self._begin_segment(self.end)
        except OSError as error:
            log.warning("No new spool file could be begun (%s); the old one is used on.", error)
        else:
            os.close(old)

    def _commit(self, parts: Sequence[bytes]) -> SpoolFullError | None:
        """Make bytes durable, or answer why not and leave no trace of them."""
        try:
            if self._torn:
                self._cut()
            self._torn = True
            write_all(self._fd, *parts)
            os.fdatasync(self._fd)
            self._torn = False
        except OSError as error:
            try:
                self._cut()
            except OSError:
                log.exception("A failed commit could not be cut from the spool; nothing is taken before it is")
            full = error.errno in (errno.ENOSPC, errno.EDQUOT)
            reason = "The disk is full" if full else f"The spool cannot be written ({error})"
            return SpoolFullError(f"{reason}. Send again later.")
        return None

    def _settle(self, batch: list[_Waiting], error: SpoolFullError | None) -> None:
        """Tell the waiting, and remember what they sent."""
        size = sum(waiting.size for waiting in batch)
        with self._changed:
            self._waiting_bytes -= size
            self.end += 0 if error else size
            for waiting in batch:
                if waiting.digest != NO_DIGEST:
                    del self._underway[waiting.digest]
                    if not error:
                        self._seen.add(waiting.digest, waiting.received_ns)
            self._changed.notify_all()
        for waiting in batch:
            waiting.future.set_exception(error) if error else waiting.future.set_result(True)

    def _cut(self) -> None:
        """Cut what was written of a failed commit, so that later records follow the last good one. Raises OSError."""
        os.ftruncate(self._fd, self.end - first_offset(self._segments[-1]))
        self._torn = False

    def _open_journal(self, path: Path, segments: list[Path], begun: tuple[int, int] | None) -> Journal:
        if segments and not path.exists():
            self._damaged.tell(path.name, "It is gone, and there are files whose records it told to be stored or not.")
        # A spool that was lost must not give out offsets again: the store knows batches by them. No disk writes a byte
        # each nanosecond for years, so that the time lies ahead of all that an earlier spool gave out.
        first = first_offset(segments[0]) if segments else self._now_ns()
        return Journal(path, self._damaged, first=first, begun=begun)

    def _know(self, record: Record) -> None:
        if record.digest != NO_DIGEST:
            self._seen.add(record.digest, record.received_ns)

    def _begin_segment(self, offset: int) -> None:
        path = path_of(self._folder, offset)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            sync_folder(self._folder)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd
        if path not in self._segments:
            self._segments.append(path)


def _resolved(value: bool) -> Future[bool]:
    future: Future[bool] = Future()
    future.set_result(value)
    return future


def _repeat_of(first: Future[bool]) -> Future[bool]:
    """A future for a repeat that came while the first was being made durable: False, or the first one's error."""
    repeat: Future[bool] = Future()
    repeat.set_running_or_notify_cancel()

    def follow(done: Future[bool]) -> None:
        error = done.exception()
        repeat.set_exception(error) if error else repeat.set_result(False)

    first.add_done_callback(follow)
    return repeat
