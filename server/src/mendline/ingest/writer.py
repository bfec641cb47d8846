"""The one writer: drains the spool into the store in batches whose borders are written down first.

A crash between insert and `done` repeats the same borders under the same token, which the store counts once. A batch
that the store refuses is halved until the request at fault is alone; that one goes to the quarantine, with its reason.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from mendline.errors import StoreError, StoreRefusedError
from mendline.ingest.counters import Counters
from mendline.ingest.quarantine import Quarantine
from mendline.ingest.segment import Record
from mendline.ingest.spool import Spool
from mendline.model.signal import Signal
from mendline.store.contract import Payload, TelemetryStore

MOST_RECORDS = 60_000
MOST_BYTES = 40 * 1024 * 1024
# An insert costs about the same for one span as for a thousand, so a batch waits for more, as long as nobody notices:
# what comes steadily is stored at that age, what comes after a pause soon, and what is much at once.
STEADY_SECONDS, SOON_SECONDS, LEAST_SECONDS = 1.6, 0.3, 0.2
# Of the time that a batch took, each next one is expected to take so much at least, but never more than so long: a
# machine with much else to do is not helped by smaller batches.
_EASED, _MOST_EXPECTED_SECONDS = 0.95, 0.6
_LOOK_SECONDS = 0.1
MUCH_BYTES = 8 * 1024 * 1024
_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0)
log = logging.getLogger(__name__)


class Writer:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(self, spool: Spool, store: TelemetryStore, counters: Counters, quarantine: Quarantine) -> None:
        self._spool, self._store, self._counters = spool, store, counters
        self._quarantine = quarantine
        self._stopping = threading.Event()
        # when the last batch was stored (monotonic), and what one took of late, at most
        self._ended, self._took_s = float("-inf"), 0.0
        self._failing: tuple[float, str] | None = None  # since when (monotonic), and the store's last word
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        """Begin with the batch that an earlier process left open, then drain."""
        self._thread.start()

    def stop(self, timeout: float = 30.0) -> bool:
        """Store what is in the spool if that is quick, then end; the rest is stored after the next start.

        False when the store still has not answered: the spool must then stay open for what it may say.
        """
        self._stopping.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def problem(self, after_s: float = 30.0) -> str:
        """What is wrong when the store has refused to take anything for so long; empty when all is well."""
        failing = self._failing
        if failing is None or time.monotonic() - failing[0] < after_s:
            return ""
        return f"Nothing could be stored for {time.monotonic() - failing[0]:.0f} s: {failing[1]}"

    def _run(self) -> None:
        stumbles = 0
        while True:
            try:
                if not self._turn():
                    return
                stumbles = 0
            except Exception as error:  # whatever it was: without this thread nothing is ever stored again
                log.exception("Storing failed unexpectedly; the batch is tried again, nothing is lost")
                self._failed(str(error) or type(error).__name__)
                if self._stopping.wait(_BACKOFF_SECONDS[min(stumbles, len(_BACKOFF_SECONDS) - 1)]):
                    return
                stumbles += 1

    def _turn(self) -> bool:
        """Store a batch, that of before first; False when it is time to end."""
        open_batch = self._spool.journal.open_batch
        if open_batch:
            first, end = open_batch
            records = self._spool.read(first, stop=end, most_records=2**62, most_bytes=2**62)
            if not self._store_batch(records, first, end, again=True):
                return False
            self._spool.finish(end)
            return True
        if not self._spool.wait_for_data(0.2):
            return not self._stopping.is_set()
        self._gather()
        begun = time.monotonic()
        goes_on = self._drain_once()
        self._ended = time.monotonic()
        self._took_s = min(max(self._ended - begun, self._took_s * _EASED), _MOST_EXPECTED_SECONDS)
        return goes_on

    def _gather(self) -> None:
        """Wait for more, as long as nobody notices."""
        until = time.monotonic() + self._gather_s()
        while (left := until - time.monotonic()) > 0 and self._spool.pending_bytes < MUCH_BYTES:
            if self._stopping.wait(min(left, _LOOK_SECONDS)):
                return

    def _gather_s(self) -> float:
        """How long a batch waits that begins now: until its oldest request, when stored, is STEADY_SECONDS old."""
        if time.monotonic() - self._ended > STEADY_SECONDS:
            return SOON_SECONDS
        age_s = max(0.0, time.time() - self._spool.oldest_ns() / 1e9)
        return max(LEAST_SECONDS, STEADY_SECONDS - age_s - self._took_s)

    def _drain_once(self) -> bool:
        """Store one batch; False when stopping with a store that does not answer."""
        end = self._spool.end
        records = self._spool.read(self._spool.journal.done, most_records=MOST_RECORDS, most_bytes=MOST_BYTES)
        if not records:
            self._spool.finish(end)  # damage lay there: nothing is left to store
            return True
        self._spool.journal.begin(records[0].start, records[-1].end)
        if not self._store_batch(records, records[0].start, records[-1].end):
            return False
        self._spool.finish(records[-1].end)
        self._counters.visible_lag.set(max(0.0, time.time() - records[0].received_ns / 1e9))
        return True

    def _store_batch(self, records: Sequence[Record], first: int, end: int, *, again: bool = False) -> bool:
        """Store every signal, then what they tell together; False when the process stops before.

        The store knows of the batch before anything of it, so that no damage to the journal makes it count twice. The
        token is that of the borders also where damage has taken some of the records since they were first stored.
        Metrics tell of no invocation; `again` says that there may have been more in the batch than there is now.
        """
        if not self._until_taken(lambda: self._store.begin(first, end)):
            return False
        for signal in Signal:
            own = [record for record in records if record.signal == signal]
            if own and not self._store_signal(signal, own, first, end):
                return False
        if not again and all(record.signal == Signal.METRICS for record in records):
            return True
        try:
            return self._until_taken(lambda: self._store.complete(first, end))
        except StoreRefusedError as error:
            self._counters.uncompleted_batches.inc()
            log.error("Spans and logs are stored, but what they tell of invocations is not shown. %s", error.message)
            return True

    def _store_signal(self, signal: Signal, records: Sequence[Record], first: int, end: int) -> bool:
        payloads = [Payload(record.body, record.start, record.received_ns) for record in records]
        try:
            if not self._until_taken(lambda: self._store.insert(signal, payloads, f"{first}-{end}", size=end - first)):
                return False
        except StoreRefusedError as error:
            if len(records) == 1:
                self._set_aside(records[0], error)
                return True
            middle = len(records) // 2
            return all(
                self._store_signal(signal, half, half[0].start, half[-1].end)
                for half in (records[:middle], records[middle:])
            )
        self._counters.stored.labels(signal).inc(sum(record.records for record in records))
        return True

    def _until_taken(self, change: Callable[[], None]) -> bool:
        """Change the store, again and again until it takes it; False when the process stops before."""
        attempt = 0
        while True:
            try:
                with self._counters.insert_seconds.time():
                    change()
                self._failing = None
                return True
            except StoreRefusedError:
                raise
            except StoreError as error:
                self._counters.insert_failures.inc()
                self._failed(error.message)
                wait = _BACKOFF_SECONDS[min(attempt, len(_BACKOFF_SECONDS) - 1)]
                log.warning("%s Trying again in %.1f s; nothing is lost.", error.message, wait)
                if self._stopping.wait(wait):
                    return False
                attempt += 1

    def _failed(self, why: str) -> None:
        self._failing = (self._failing[0] if self._failing else time.monotonic(), why)

    def _set_aside(self, record: Record, error: StoreRefusedError) -> None:
        about = {
            "signal": record.signal,
            "records": record.records,
            "received_ns": record.received_ns,
            "reason": error.message,
        }
        self._quarantine.keep(f"{record.start:020d}", record.body, about)
        self._counters.left_out.labels(record.signal, "store_refused").inc(record.records)
        log.error(
            "The store refused %d %s; see %s. %s", record.records, record.signal, self._quarantine.folder, error.message
        )
