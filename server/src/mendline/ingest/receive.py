"""One export request, from its bytes on the wire to its durable record in the spool: what all receivers share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from hashlib import blake2b

from mendline.clock import Clock
from mendline.ingest.admission import Admission, Hold
from mendline.ingest.cardinality import Cardinality
from mendline.ingest.check import Checked, check
from mendline.ingest.counters import Counters
from mendline.ingest.inflate import inflate
from mendline.ingest.otlp_json import to_protobuf
from mendline.ingest.rates import Rates
from mendline.ingest.redact import Rules
from mendline.ingest.seen import DIGEST_BYTES
from mendline.ingest.spool import Spool
from mendline.model.signal import Export, Signal

_COPIES = 2  # of a request's bytes beside its objects: what the check makes of it, and what waits for the disk
_OBJECTS_OF_INFLATED = 3  # most memory for the objects of one request, as a multiple of the most inflated bytes


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
class Receiver:
    """The way in of one project: limits and counters of the server, and the project's spool."""

    spool: Spool
    counters: Counters
    admission: Admission
    rates: Rates
    rules: Rules
    bounds: Bounds
    clock: Clock
    cardinality: Cardinality

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
        plain = inflate(body, encoding, self.bounds.inflated_bytes, hold)
        digest = blake2b(plain, digest_size=DIGEST_BYTES, person=signal.encode()).digest()
        cut: Counter[str] = Counter()
        message = to_protobuf(signal, plain, self.bounds.records, cut, hold) if is_json else plain
        return self._keep(signal, message, digest, key_id, hold, cut)

    def accept_exports(
        self, exports: Sequence[Export], *, key_id: int | None = None, hold: Hold | None = None
    ) -> list[Accepted]:
        """Check and queue what was converted from another form; each export is its own request. Raises IngestError."""
        if hold is None:
            with self.admission.hold(0, key_id) as own:
                return self.accept_exports(exports, key_id=key_id, hold=own)
        return [
            self._keep(
                export.signal,
                export.body,
                blake2b(export.body, digest_size=DIGEST_BYTES, person=export.signal.encode()).digest(),
                key_id,
                hold,
            )
            for export in exports
        ]

    def _keep(
        self,
        signal: Signal,
        message: bytes,
        digest: bytes,
        key_id: int | None,
        hold: Hold,
        cut: Counter[str] | None = None,
    ) -> Accepted:
        checked = check(
            signal,
            message,
            self.bounds.records,
            self.rules,
            self.cardinality,
            most_bytes=self.bounds.object_bytes,
            weighed=lambda weight: hold(weight.memory_bytes + len(message) * _COPIES),
        )
        if cut:
            checked = replace(checked, cut=cut + Counter(checked.cut))
        self.rates.take(key_id, checked.records)
        if not checked.records:
            return Accepted(signal, checked, None)
        return Accepted(signal, checked, self.spool.append(signal, checked.body, checked.records, digest))

    def count_accepted(self, accepted: Accepted) -> None:
        """Count a request that is durable (its future has resolved): acknowledged from here on."""
        signal, checked = accepted.signal, accepted.checked
        if accepted.durable is not None and not accepted.durable.result():
            self.counters.duplicates.labels(signal).inc()
            return
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
