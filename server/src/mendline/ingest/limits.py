"""How large one record may be: what is over a limit is cut or dropped, counted, and the record is kept.

Runs after redaction, since half a secret is not recognised. Callers pass over records of less than LARGE_BYTES, which
cannot break a limit that matters: that keeps the cost off ordinary telemetry.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

MOST_ATTRIBUTES = MOST_EVENTS = MOST_EXEMPLARS = MOST_QUANTILES = 128
MOST_LINKS = 10_000  # as many as AWS delivers records at once
MOST_BUCKETS = 4096  # of one histogram; half of one would be another
MOST_DEPTH = 16
KEY_BYTES, NAME_BYTES, VALUE_BYTES, LONG_VALUE_BYTES, BODY_BYTES = 256, 1024, 4096, 16_384, 65_536
LINKS_BYTES = 8 * 1024 * 1024  # ids of messages: one of every record of a batch, which has 6 MB at most
LARGE_BYTES = 1024
CUT = "…"
TOO_DEEP = "[too deep]"
_NESTED = ("array_value", "kvlist_value")
_AROUND = 4  # bytes of tag and length, and more only where the item is larger than any limit
_ANY_SIZE = 2**62
CUTS = (
    "attributes", "events", "links", "exemplars", "quantiles", "key", "value", "name", "body", "depth", "ids",
    "cardinality",
)  # fmt: skip


def buckets(point: Any) -> int:
    """How many buckets a data point has: of the kinds that are no histogram, none."""
    if hasattr(point, "bucket_counts"):
        return max(len(point.bucket_counts), len(point.explicit_bounds))
    return len(point.positive.bucket_counts) + len(point.negative.bucket_counts) if hasattr(point, "positive") else 0


class Cuts:
    """What was cut in one request: how many of each kind of CUTS."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self.counts)

    def resource(self, resource: Any) -> None:
        """Limit the attributes of a Resource or an InstrumentationScope."""
        resource.dropped_attributes_count += self._attributes(resource.attributes)

    def span(self, span: Any) -> None:
        """Limit a Span with its events and links."""
        span.dropped_attributes_count += self._attributes(span.attributes)
        span.dropped_events_count += self._items(span.events, MOST_EVENTS, "events")
        span.dropped_links_count += self._items(span.links, MOST_LINKS, "links")
        for part in (*span.events, *span.links):
            part.dropped_attributes_count += self._attributes(part.attributes)
        for named in (span, *span.events):
            self._text(named, "name", NAME_BYTES)
        self._text(span, "trace_state", NAME_BYTES)
        if span.HasField("status"):
            self._text(span.status, "message", VALUE_BYTES, "value")

    def log_record(self, record: Any) -> None:
        """Limit a LogRecord."""
        record.dropped_attributes_count += self._attributes(record.attributes)
        if record.HasField("body"):
            self._value(record.body, BODY_BYTES, "body")
        self._text(record, "severity_text", KEY_BYTES, "value")
        self._text(record, "event_name", NAME_BYTES)

    def metric(self, metric: Any, points: Any) -> None:
        """Limit a Metric with its data points, of whichever kind."""
        self._text(metric, "name", NAME_BYTES)
        self._text(metric, "description", VALUE_BYTES, "value")
        self._text(metric, "unit", KEY_BYTES, "value")
        self._attributes(metric.metadata)
        for point in points:
            self._attributes(point.attributes)
            for exemplar in point.exemplars if hasattr(point, "exemplars") else ():
                self._attributes(exemplar.filtered_attributes)
            if hasattr(point, "exemplars"):
                self._items(point.exemplars, MOST_EXEMPLARS, "exemplars")
            if hasattr(point, "quantile_values"):
                self._items(point.quantile_values, MOST_QUANTILES, "quantiles")

    def _attributes(self, attributes: Any) -> int:
        """Limit attributes in place; how many were dropped."""
        dropped = self._items(attributes, MOST_ATTRIBUTES, "attributes")
        for pair in attributes:
            key = pair.key
            if len(key) > KEY_BYTES // 4:
                self._text(pair, "key", KEY_BYTES, "key")
            self._value(pair.value, _most_bytes(key), "value")
        return dropped

    def _items(self, items: Any, most: int, what: str) -> int:
        over = len(items) - most
        if over <= 0:
            return 0
        del items[most:]
        self.counts[what] += over
        return over

    def _value(self, value: AnyValue, most: int, what: str) -> None:
        """Limit a value as a whole, however many there are in it."""
        kind = value.WhichOneof("value")
        if kind == "string_value":
            self._text(value, kind, most, what)
        elif kind == "bytes_value" and len(value.bytes_value) > most:
            value.bytes_value = value.bytes_value[:most]
            self.counts[what] += 1
        elif kind in _NESTED:
            is_over = getattr(value, kind).ByteSize() > most
            self._fit(value, most if is_over else _ANY_SIZE, 0)
            if is_over:
                self.counts[what] += 1

    def _fit(self, value: AnyValue, room: int, depth: int) -> int:
        """Make a value fit into some bytes; answers how many it takes. What does not fit of a list or a map goes, and a
        mark comes in its place."""
        kind = value.WhichOneof("value")
        if kind not in _NESTED:
            if kind == "string_value":
                value.string_value = _cut(value.string_value, room)
            elif kind == "bytes_value":
                value.bytes_value = value.bytes_value[:room]
            return int(value.ByteSize())
        if depth == MOST_DEPTH:
            value.string_value = TOO_DEEP
            self.counts["depth"] += 1
            return len(TOO_DEEP)
        taken, items = 0, getattr(value, kind).values
        for place, item in enumerate(items):
            if taken >= room:
                del items[place:]
                items.add(**{"key" if kind == "kvlist_value" else "string_value": CUT})
                break
            if kind == "kvlist_value":
                item.key = _cut(item.key, min(KEY_BYTES, room - taken))
                taken += len(item.key.encode()) + _AROUND
            taken += self._fit(item.value if kind == "kvlist_value" else item, room - taken, depth + 1) + _AROUND
        return taken

    def _text(self, message: Any, field: str, most: int, what: str = "name") -> None:
        text = getattr(message, field)
        if len(text) * 4 > most:
            cut = _cut(text, most)
            if cut is not text:
                setattr(message, field, cut)
                self.counts[what] += 1


def _most_bytes(key: str) -> int:
    """How large the value of an attribute may be."""
    if key in ("mendline.links.in", "mendline.links.out"):
        return LINKS_BYTES
    return LONG_VALUE_BYTES if key.startswith("mendline.") or key == "exception.stacktrace" else VALUE_BYTES


def _cut(text: str, most: int) -> str:
    """The text, or its beginning with a mark, in so many bytes of UTF-8 (at least those of the mark)."""
    encoded = text.encode()
    if len(encoded) <= most:
        return text
    return encoded[: max(0, most - len(CUT.encode()))].decode("utf-8", "ignore") + CUT
