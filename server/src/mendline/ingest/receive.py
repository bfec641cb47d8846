"""One trace request, from its bytes on the wire to its durable record in the spool."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass

from mendline.errors import IngestError
from mendline.ingest.admission import Admission
from mendline.ingest.check import Checked, check_traces
from mendline.ingest.counters import Counters
from mendline.ingest.inflate import inflate
from mendline.ingest.spool import Spool
from mendline.model.signal import Signal

# Memory of a request while it is checked: the inflated bytes, their message objects, their copy in the spool's queue.
_INFLATION = 4


@dataclass(frozen=True, slots=True)
class Receiver:
    """What every receiver of traces shares: limits, spool and counters."""

    spool: Spool
    counters: Counters
    admission: Admission
    most_request_bytes: int
    most_inflated_bytes: int
    most_records: int

    def accept_traces(self, body: bytes, encoding: str) -> tuple[Checked, Future[bool] | None]:
        """Check a body and queue it; the future resolves when it is durable (None: there was nothing to keep).

        Blocks for the time of the check, so call it in a worker thread. Raises IngestError.
        """
        with self.admission.hold(min(len(body) * _INFLATION, self.most_inflated_bytes)):
            checked = check_traces(inflate(body, encoding, self.most_inflated_bytes), self.most_records)
        if checked.rejected:
            self.counters.rejected.labels("traces", "invalid_ids").inc(checked.rejected)
        if not checked.spans:
            return checked, None
        return checked, self.spool.append(Signal.TRACES, checked.body, checked.spans)

    def count_accepted(self, checked: Checked) -> None:
        """Count a request that was acknowledged."""
        self.counters.requests.labels("traces").inc()
        self.counters.received.labels("traces").inc(checked.spans)

    def count_refused(self, error: IngestError) -> None:
        """Count a request that was refused."""
        self.counters.rejected.labels("traces", error.code).inc()
