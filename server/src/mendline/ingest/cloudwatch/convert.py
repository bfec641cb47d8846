"""The entry for callers: what AWS delivers, made export requests; what cannot be read is named, never dropped silently.

The same input gives the same bytes, so a delivery that AWS repeats is known as a repeat further on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mendline.errors import BodyTooLargeError, BusyError, IngestError, MalformedError, MetricStreamVersionError
from mendline.ingest.admission import Hold
from mendline.ingest.cloudwatch.agent_line import MARK, Undecoded, read_agent_line
from mendline.ingest.cloudwatch.assemble import Record, assemble
from mendline.ingest.cloudwatch.documents import GZIP, as_json, read_documents, unpack_base64, unpack_gzip
from mendline.ingest.cloudwatch.events import PlatformEvent
from mendline.ingest.cloudwatch.firehose import read_delivery
from mendline.ingest.cloudwatch.metric_streams import (
    Datum,
    is_datum,
    metrics_of_data,
    metrics_of_stream,
    read_datum,
)
from mendline.ingest.cloudwatch.subscription import (
    LogBatch,
    LogEvent,
    read_batch,
    read_event,
    read_subscription,
    writer_of,
)
from mendline.ingest.cloudwatch.to_otlp import Origin, logs_request
from mendline.model.signal import Export, Signal

MOST_INFLATED_BYTES = 64 * 1024 * 1024
MOST_IN_EXPORT = 5_000  # records in one export request, which stays well under what one may hold
MOST_LOST = 1_000  # things left out that are kept with their bytes; all are counted
MOST_CHARS_IN_EXPORT = 4 * 1024 * 1024
# Memory for what is inflated: what it is made, which stays, and its objects while it is, which take up to this multiple
# of the largest record (measured with events of one letter).
_CONVERTED, _OBJECTS = 2, 10


def _unbounded(size: int) -> None:
    """No memory is counted: what is converted is ours."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that could not be read: why, which record of the delivery it was, and its bytes as they came."""

    reason: str
    record: int
    message: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Converted:
    """What came of a payload. `left_out` counts by reason what is in no export; `lost` has the things themselves (the
    first thousand).

    `undecoded` counts agent's lines that could not be decoded; they are kept as ordinary log records. So are events
    that are not as AWS writes them: `odd` counts them by reason (ODD).
    """

    exports: tuple[Export, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    lost: tuple[LeftOut, ...] = ()
    log_records: int = 0
    undecoded: int = 0
    odd: tuple[tuple[str, int], ...] = ()
    request_id: str = ""


def from_subscription(
    payload: bytes, *, region: str, most_bytes: int = MOST_INFLATED_BYTES, hold: Hold = _unbounded
) -> Converted:
    """A CloudWatch Logs subscription payload: JSON, gzip, base64 of gzip, or `{"awslogs": {"data": …}}`.

    `hold` is asked for the memory that it takes. Raises IngestError when it is none of these, or larger than
    `most_bytes` when inflated.
    """
    gathering = _Gathering(region, most_bytes, hold)
    batches, whole = read_subscription(payload, most_bytes, gathering.ask_for)
    for batch in batches:
        gathering.add_logs(batch)
    if not whole:
        gathering.leave_out("bad_json", 0, "The payload ends in something that is not JSON.", b"")
    return gathering.converted()


def from_events(owner: str, region: str, group: str, stream: str, events: Sequence[Mapping[str, Any]]) -> Converted:
    """Log events that were read from CloudWatch Logs instead of delivered: `{id, timestamp, message}` of one stream."""
    gathering = _Gathering(region, MOST_INFLATED_BYTES, _unbounded)
    gathering.add_logs(LogBatch(owner, group, stream, tuple(read_event(event) for event in events)))
    return gathering.converted()


def from_firehose(
    body: bytes,
    headers: Mapping[str, str],
    *,
    region: str = "",
    most_bytes: int = MOST_INFLATED_BYTES,
    hold: Hold = _unbounded,
) -> Converted:
    """A Firehose delivery of log subscriptions or metric streams; `headers` have lower-case names.

    A record that cannot be read is left out and costs no other. `region` is used where the delivery names none.
    Raises IngestError when the delivery itself cannot be read, and MetricStreamVersionError when it holds nothing but
    metrics in a format that is not taken.
    """
    delivery = read_delivery(body, headers, most_bytes, hold)
    gathering = _Gathering(delivery.region or region, most_bytes, hold)
    for number, text in enumerate(delivery.records):
        gathering.add_record(number, text)
    gathering.refuse_old_format(len(delivery.records))
    return gathering.converted(delivery.request_id)


class _Gathering:
    """Collects what one payload holds."""

    __slots__ = (
        "_budget", "_data", "_hold", "_largest", "_log_records", "_logs", "_lost", "_metrics", "_most_bytes", "_odd",
        "_pending", "_reasons", "_region", "_streams", "_traces", "_undecoded",
    )  # fmt: skip

    def __init__(self, region: str, most_bytes: int, hold: Hold) -> None:
        self._region, self._hold, self._largest = region, hold, 0
        self._budget = most_bytes  # bytes that may still be inflated
        self._most_bytes = most_bytes
        self._streams: list[tuple[Origin, list[Record]]] = []
        self._traces: list[Export] = []
        self._logs: list[Export] = []
        self._metrics: list[Export] = []
        self._data: list[Datum] = []
        self._lost: list[LeftOut] = []
        self._reasons: Counter[str] = Counter()
        self._odd: Counter[str] = Counter()
        self._pending = self._log_records = self._undecoded = 0

    def ask_for(self, inflated: int) -> None:
        """Ask for the memory that some inflated bytes take. Raises BusyError."""
        self._hold(inflated * _CONVERTED + max(0, inflated - self._largest) * _OBJECTS)
        self._largest = max(self._largest, inflated)

    def leave_out(self, reason: str, record: int, message: str, data: bytes) -> None:
        """Name something that cannot be kept."""
        self._reasons[reason] += 1
        if len(self._lost) < MOST_LOST:
            self._lost.append(LeftOut(reason, record, message, data))

    def add_record(self, number: int, text: str | None) -> None:
        """Read one record of a delivery, or say why it cannot be."""
        packed = (text or "").encode("utf-8", "replace")
        try:
            if text is None:
                raise MalformedError("The record has no data.")
            packed = unpack_base64(text)
            self._read(number, packed)
        except IngestError as error:
            if self._budget < 0 or isinstance(error, BusyError):
                raise
            self.leave_out(error.code, number, error.message, packed)

    def refuse_old_format(self, records: int) -> None:
        """Raise when all that came is in the metric format that is not taken: its sender has to know."""
        if records and self._reasons[MetricStreamVersionError.code] == records:
            raise MetricStreamVersionError(self._lost[0].message)

    def add_logs(self, batch: LogBatch) -> None:
        """Read the events of one stream: agent's lines become traces, all else records."""
        self._odd.update(reason for event in batch.events for reason in event.odd)
        kept = [(event, reason) for event in batch.events if (reason := self._keep(event)) is not None]
        records = assemble(kept)
        if records:
            self._streams.append((_origin(batch, self._region, records), records))
            self._log_records += len(records)
            self._pending += len(records)
        if self._pending >= MOST_IN_EXPORT:
            self._write_logs()

    def converted(self, request_id: str = "") -> Converted:
        """All that came, as export requests of moderate size."""
        self._write_logs()
        self._write_data()
        return Converted(
            (*self._logs, *self._metrics, *self._traces),
            tuple(sorted(self._reasons.items())),
            tuple(self._lost),
            self._log_records,
            self._undecoded,
            tuple(sorted(self._odd.items())),
            request_id,
        )

    def _write_logs(self) -> None:
        """Encode what is there now, so that a large delivery is never there as objects all at once."""
        self._logs.extend(Export(Signal.LOGS, logs_request(part)) for part in _parts(self._streams))
        self._streams.clear()
        self._pending = 0

    def _write_data(self) -> None:
        if self._data:
            self._metrics.append(Export(Signal.METRICS, metrics_of_data(self._data)))
            self._data.clear()

    def _keep(self, event: LogEvent) -> str | None:
        """Why an event is kept as a log record although an agent wrote spans in it (usually empty); None: as spans."""
        if not event.text.startswith(MARK):
            return ""
        told = read_agent_line(event.text)
        if isinstance(told, Undecoded):
            self._undecoded += 1
            return told.reason
        self._spend(len(told.body))
        self._traces.append(told)
        return None

    def _spend(self, inflated: int) -> None:
        self._budget -= inflated
        if self._budget < 0:
            raise BodyTooLargeError(
                f"The delivery is larger than {self._most_bytes:,} bytes when inflated (setting max_inflated_bytes);"
                " give its stream a smaller buffer."
            )

    def _read(self, number: int, packed: bytes) -> None:
        if packed.startswith(GZIP) or packed.lstrip()[:1] == b"{":
            data = unpack_gzip(packed)
            self._spend(len(data))
            self.ask_for(len(data))
            documents, whole = read_documents(data)
            for document in documents:
                self._read_document(number, document)
            if documents or packed.startswith(GZIP):
                if not (documents and whole):
                    self.leave_out("bad_json", number, "The record is not JSON, or not to its end.", packed)
                return
        self._metrics.extend(Export(Signal.METRICS, body) for body in metrics_of_stream(packed))

    def _read_document(self, number: int, document: Any) -> None:
        try:
            if is_datum(document):
                self._data.append(read_datum(document))
                if len(self._data) >= MOST_IN_EXPORT:
                    self._write_data()
                return
            batch = read_batch(document)
            if batch is not None:
                self.add_logs(batch)
        except IngestError as error:
            if self._budget < 0 or isinstance(error, BusyError):
                raise
            self.leave_out(error.code, number, error.message, as_json(document).encode("utf-8", "replace"))


def _origin(batch: LogBatch, region: str, records: list[Record]) -> Origin:
    """Who wrote: the names of group and stream say it, else the platform's own words in the stream."""
    writer = writer_of(batch.group, batch.stream)
    function, version = writer.function, writer.version
    events = [record.line for record in records if isinstance(record.line, PlatformEvent)]
    if events and function in ("", batch.group):
        named = next((str(event.facts["faas.name"]) for event in events if "faas.name" in event.facts), "")
        function = named or batch.group
    if events and not version:
        version = next((str(event.facts["faas.version"]) for event in events if "faas.version" in event.facts), "")
    return Origin(batch.owner, region, batch.group, batch.stream, function, version)


def _parts(streams: Iterable[tuple[Origin, list[Record]]]) -> Iterator[list[tuple[Origin, list[Record]]]]:
    """The records in parts of moderate size, in their order; a stream may go on in the next part."""
    part: list[tuple[Origin, list[Record]]] = []
    count = chars = 0
    for origin, records in streams:
        part.append((origin, []))
        for record in records:
            if count >= MOST_IN_EXPORT or chars >= MOST_CHARS_IN_EXPORT:
                yield part
                part = [(origin, [])]
                count = chars = 0
            part[-1][1].append(record)
            count += 1
            chars += len(record.event.text)
    if part:
        yield part
