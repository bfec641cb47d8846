"""One export request, from its bytes on the wire to its durable record in the spool: what all receivers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from hashlib import blake2b

from mendline.clock import Clock
from mendline.ingest.admission import Admission, Hold
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.check import Checked, clean
from mendline.ingest.counters import Counters
from mendline.ingest.digests import DIGEST_BYTES
from mendline.ingest.inflate import inflate
from mendline.ingest.otlp_json import to_protobuf
from mendline.ingest.rates import Rates
from mendline.ingest.redact import Rules
from mendline.ingest.spool import Arrival, Spool
from mendline.ingest.wire import Weight, weigh
from mendline.model.signal import Export, Signal

_COPIES = 2  # of a request's bytes beside its objects: what the check makes of it, and what waits for the disk
_OBJECTS_OF_INFLATED = 3  # most memory for the objects of one request, as a multiple of the most inflated bytes
_MOST_CONVERTED = 50_000  # records in one export of ours


@dataclass(frozen=True, slots=True)
class Bounds:
    """How large requests may be: on the wire and inflated in bytes, and in records."""

    request_bytes: int
    inflated_bytes: int
    records: int

    @property
    def object_bytes(self) -> int:
        """How much memory the objects of one request may take."""
        return self.inflated_bytes * _OBJECTS_OF_INFLATED


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that was checked. `durable` resolves when it is safe: True, or False for a repeat of one that is (None:
    there was nothing to keep)."""

    signal: Signal
    checked: Checked
    durable: Future[bool] | None


@dataclass(frozen=True, slots=True)
class _Fresh:
    """A request that is no repeat, weighed."""

    signal: Signal
    message: bytes
    digest: bytes
    weight: Weight


@dataclass(frozen=True, slots=True)
class Receiver:
    """The way in of one project: limits and counters of the server, the project's spool, and its rules of now."""

    spool: Spool
    counters: Counters
    admission: Admission
    rates: Rates
    rules: Callable[[], Rules]
    bounds: Bounds
    clock: Clock
    cardinality: Cardinality

    def require(self, key_id: int | None) -> None:
        """Raise what any request of this key would be refused for just now, whatever it holds: a full spool, a low
        disk, or its rate. To be asked before anything of a request is read."""
        self.spool.require_room()
        self.rates.check(key_id)

    def accept(
        self,
        signal: Signal,
        body: bytes,
        encoding: str = "",
        *,
        is_json: bool = False,
        key_id: int | None = None,
        hold: Hold | None = None,
    ) -> Accepted:
        """Check a body as it came and queue it. Blocks for the time of the check, so call it in a worker thread.

        Two requests with the same bytes (inflated) are one, however often a client repeats it within 24 hours. `hold`
        is what the request holds of the memory (Admission), which is asked for before it is used. Raises IngestError.
        """
        if hold is None:
            with self.admission.hold(len(body), key_id) as own:
                return self.accept(signal, body, encoding, is_json=is_json, key_id=key_id, hold=own)
        self.require(key_id)
        plain = inflate(body, encoding, self.bounds.inflated_bytes, hold)
        digest = _digest(signal, plain)
        repeated = self._repeated(signal, digest)
        if repeated:
            return repeated
        cut: Counter[str] = Counter()
        message = to_protobuf(signal, plain, self.bounds.records, cut, hold) if is_json else plain
        fresh = [self._weighed(signal, message, digest, self.bounds.records, hold)]
        return self._keep(fresh, key_id, cut)[0]

    def accept_exports(
        self, exports: Sequence[Export], *, key_id: int | None = None, hold: Hold | None = None
    ) -> list[Accepted]:
        """Check and queue what was converted from another form. Each export is a request of its own, but they are
        decided on together: all of them are queued, or none; those that were kept before are repeats, which cost
        nothing. Raises IngestError."""
        if hold is None:
            with self.admission.hold(0, key_id) as own:
                return self.accept_exports(exports, key_id=key_id, hold=own)
        self.require(key_id)
        repeats: list[Accepted] = []
        fresh: list[_Fresh] = []
        for export in exports:
            signal, digest = export.signal, _digest(export.signal, export.body)
            repeated = self._repeated(signal, digest)
            if repeated:
                repeats.append(repeated)
            else:
                most = max(self.bounds.records, _MOST_CONVERTED)  # whoever converts sets the size, not the sender
                fresh.append(self._weighed(signal, export.body, digest, most, hold))
        return repeats + self._keep(fresh, key_id)

    def _repeated(self, signal: Signal, digest: bytes) -> Accepted | None:
        """The answer to a repeat: what was left out the first time is said again. None when it is no repeat."""
        repeat = self.spool.repeat(digest)
        if not repeat:
            return None
        return self._counted(Accepted(signal, Checked(b"", 0, self.spool.left_out(digest)), repeat))

    def _weighed(self, signal: Signal, message: bytes, digest: bytes, most_records: int, hold: Hold) -> _Fresh:
        """What a message holds; the memory for its objects is asked for."""
        weight = weigh(signal, message, most_records, self.bounds.object_bytes)
        hold(weight.memory_bytes + len(message) * _COPIES)
        return _Fresh(signal, message, digest, weight)

    def _keep(self, fresh: Sequence[_Fresh], key_id: int | None, cut: Counter[str] | None = None) -> list[Accepted]:
        """Clean and queue requests, all or none, charge them, and have them counted when they are durable."""
        self.spool.require_room(sum(len(each.message) for each in fresh))  # before it costs new keys and series
        rules = self.rules()
        cleaned = [clean(each.signal, each.message, each.weight, rules, self.cardinality) for each in fresh]
        arrivals = [
            Arrival(each.signal, checked.body, checked.records, each.digest, checked.left_out)
            for each, checked in zip(fresh, cleaned, strict=True)
            if checked.records
        ]
        futures = iter(self.spool.append_all(arrivals))
        self.rates.charge(key_id, sum(each.weight.records for each in fresh))
        if cut:
            cleaned = [replace(checked, cut=cut + Counter(checked.cut)) for checked in cleaned]
        return [
            self._counted(Accepted(each.signal, checked, next(futures) if checked.records else None))
            for each, checked in zip(fresh, cleaned, strict=True)
        ]

    def _counted(self, accepted: Accepted) -> Accepted:
        """Have a request counted as soon as it is durable, whether or not somebody still waits for the answer."""

        def count(durable: Future[bool]) -> None:
            if durable.exception():
                return
            if durable.result():
                self._count(accepted.signal, accepted.checked)
            else:
                self.counters.duplicates.labels(accepted.signal).inc()

        if accepted.durable is None:
            self._count(accepted.signal, accepted.checked)
        else:
            accepted.durable.add_done_callback(count)
        return accepted

    def _count(self, signal: Signal, checked: Checked) -> None:
        self.counters.requests.labels(signal).inc()
        self.counters.received.labels(signal).inc(checked.records)
        self.counters.last_received.set(self.clock.now().timestamp())
        for reason, count in checked.left_out.items():
            self.counters.left_out.labels(signal, reason).inc(count)
        if checked.cleared:
            self.counters.cut.labels(signal, "ids").inc(checked.cleared)
        for kind, count in checked.cut.items():
            self.counters.cut.labels(signal, kind).inc(count)
        for rule, count in checked.replaced.items():
            self.counters.redacted.labels(signal, rule).inc(count)


def _digest(signal: Signal, message: bytes) -> bytes:
    return blake2b(message, digest_size=DIGEST_BYTES, person=signal.encode()).digest()
