"""What the model has made: spans, log records and points, and the export requests that they become."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mendline_playground.model import wire

MOST_RECORDS = 30_000
MOST_BYTES = 14 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Who tells: the attributes of a resource for spans and for logs, and a scope, all encoded."""

    spans: bytes
    logs: bytes
    scope: bytes


Record = tuple[int, Source, bytes]
"""When it is known (ns since the epoch), whose it is, and its bytes."""


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a metric; its attributes are encoded."""

    name: str
    unit: str
    is_sum: bool
    start_ns: int
    end_ns: int
    value: float
    attributes: bytes


@dataclass(slots=True)
class Telemetry:
    """A pile of it. Spans are known at their end, log records and points at their time."""

    spans: list[Record] = field(default_factory=list)
    logs: list[Record] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)

    def take(self, until_ns: int) -> "Telemetry":
        """Remove and return all that is known before a moment."""
        taken = Telemetry()
        taken.spans = [record for record in self.spans if record[0] < until_ns]
        taken.logs = [record for record in self.logs if record[0] < until_ns]
        taken.points = [point for point in self.points if point.end_ns < until_ns]
        self.spans = [record for record in self.spans if record[0] >= until_ns]
        self.logs = [record for record in self.logs if record[0] >= until_ns]
        self.points = [point for point in self.points if point.end_ns >= until_ns]
        return taken

    def add(self, other: "Telemetry") -> None:
        """Put another pile on this one."""
        self.spans += other.spans
        self.logs += other.logs
        self.points += other.points

    def count(self) -> int:
        """How many records there are."""
        return len(self.spans) + len(self.logs) + len(self.points)

    def requests(self, place: bytes) -> Iterator[tuple[str, int, bytes]]:
        """Export requests as (signal, records, bytes), the largest last; `place` is the resource of the metrics."""
        for part in _parts(self.logs):
            yield "logs", len(part), _grouped(part, logs=True)
        for first in range(0, len(self.points), MOST_RECORDS):
            points = self.points[first : first + MOST_RECORDS]
            yield "metrics", len(points), _metrics(place, points)
        for part in _parts(self.spans):
            yield "traces", len(part), _grouped(part, logs=False)


def _parts(records: list[Record]) -> Iterator[list[Record]]:
    part: list[Record] = []
    size = 0
    for record in records:
        part.append(record)
        size += len(record[2])
        if len(part) >= MOST_RECORDS or size >= MOST_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _grouped(records: Iterable[Record], *, logs: bool) -> bytes:
    by_source: dict[Source, list[bytes]] = defaultdict(list)
    for _, source, body in records:
        by_source[source].append(body)
    return b"".join(
        wire.group(source.logs if logs else source.spans, source.scope, bodies) for source, bodies in by_source.items()
    )


_SCOPE = wire.scope("mendline_playground.model", "1")


def _metrics(place: bytes, points: Iterable[Point]) -> bytes:
    by_metric: dict[tuple[str, str, bool], list[bytes]] = defaultdict(list)
    for point in points:
        body = wire.point(point.start_ns, point.end_ns, point.value, point.attributes)
        by_metric[point.name, point.unit, point.is_sum].append(body)
    metrics = [wire.metric(name, unit, bodies, is_sum=is_sum) for (name, unit, is_sum), bodies in by_metric.items()]
    return wire.group(place, _SCOPE, metrics)
