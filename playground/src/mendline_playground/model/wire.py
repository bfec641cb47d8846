"""OTLP by hand (opentelemetry-proto), made for speed: what does not change is encoded once and kept.

Field numbers are those of common/v1, resource/v1, trace/v1, logs/v1 and metrics/v1.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence

Value = str | int | float | bool | Sequence[str]

IN_RESOURCE, IN_SPAN, IN_EVENT, IN_LOG, IN_POINT = b"\x0a", b"\x4a", b"\x1a", b"\x32", b"\x3a"
_SMALL = 16384
_VARINTS = [bytes([n]) if n < 128 else bytes([n & 127 | 128, n >> 7]) for n in range(_SMALL)]
_TIMES = struct.Struct("<BQBQ").pack
_TIME = struct.Struct("<BQ").pack
_DOUBLE = struct.Struct("<d").pack


def varint(number: int) -> bytes:
    """A number in base 128, as protobuf has it; negative ones as 64-bit two's complement."""
    if 0 <= number < _SMALL:
        return _VARINTS[number]
    number &= 0xFFFF_FFFF_FFFF_FFFF
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(tag: bytes, body: bytes) -> bytes:
    """A field of a message, a text or bytes."""
    return tag + varint(len(body)) + body


def _any(value: Value) -> bytes:
    if isinstance(value, bool):
        return b"\x10\x01" if value else b"\x10\x00"
    if isinstance(value, int):
        return b"\x18" + varint(value)
    if isinstance(value, float):
        return b"\x21" + _DOUBLE(value)
    if isinstance(value, str):
        return field(b"\x0a", value.encode())
    return field(b"\x2a", b"".join(field(b"\x0a", _any(item)) for item in value))


def attributes(tag: bytes, pairs: Mapping[str, Value]) -> bytes:
    """Attributes in a resource, a span, an event, a log record or a point: `tag` is one of the IN_ constants."""
    return b"".join(
        field(tag, field(b"\x0a", key.encode()) + field(b"\x12", _any(value))) for key, value in pairs.items()
    )


class Key:
    """One attribute of a span (or of what `tag` says) whose value changes from one to the next."""

    __slots__ = ("_key", "_most", "_size", "_tag")

    def __init__(self, name: str, tag: bytes = IN_SPAN) -> None:
        self._tag = tag
        self._key = field(b"\x0a", name.encode()) + b"\x12"
        self._size = len(self._key)
        self._most = 123 - self._size  # below it every length is a single byte

    def text(self, value: bytes) -> bytes:
        """With a text, given as UTF-8."""
        size = len(value)
        if size < self._most:
            return b"%b%c%b%c\x0a%c%b" % (self._tag, self._size + 3 + size, self._key, size + 2, size, value)
        return field(self._tag, self._key + field(b"", field(b"\x0a", value)))

    def number(self, value: int) -> bytes:
        """With a whole number."""
        body = b"\x18" + varint(value)
        return b"%b%c%b%c%b" % (self._tag, self._size + 1 + len(body), self._key, len(body), body)

    def real(self, value: float) -> bytes:
        """With a real number."""
        return b"%b%c%b\x09\x21%b" % (self._tag, self._size + 10, self._key, _DOUBLE(value))

    def texts(self, values: Iterable[str]) -> bytes:
        """With a list of texts."""
        return field(self._tag, self._key + field(b"", _any(list(values))))


def head(name: str, kind: int) -> bytes:
    """Name and kind of a span."""
    return field(b"\x2a", name.encode()) + b"\x30" + _VARINTS[kind]


def span(trace: bytes, own: bytes, parent: bytes, head: bytes, start_ns: int, end_ns: int, rest: bytes) -> bytes:
    """A span as a field of ScopeSpans; `rest` holds attributes, events, links and status, encoded."""
    body = b"\x0a\x10%b\x12\x08%b%b%b%b%b" % (
        trace,
        own,
        b'"\x08' + parent if parent else b"",
        head,
        _TIMES(0x39, start_ns, 0x41, end_ns),
        rest,
    )
    return b"\x12" + varint(len(body)) + body


def failed(message: str) -> bytes:
    """The status of a span that failed."""
    return field(b"\x7a", field(b"\x12", message.encode()) + b"\x18\x02")


def event(time_ns: int, name: str, pairs: Mapping[str, Value]) -> bytes:
    """An event of a span."""
    return field(b"\x5a", _TIME(0x09, time_ns) + field(b"\x12", name.encode()) + attributes(IN_EVENT, pairs))


def link(trace: bytes, own: bytes) -> bytes:
    """A link of a span to another."""
    return b"\x6a\x1c\x0a\x10%b\x12\x08%b" % (trace, own)


def log_record(
    time_ns: int,
    body: bytes,
    rest: bytes,
    *,
    severity: int = 9,
    trace: bytes = b"",
    own: bytes = b"",
    event_name: str = "",
) -> bytes:
    """A log record as a field of ScopeLogs; `rest` are its attributes, encoded. Severity 9 is INFO, 17 ERROR."""
    out = [_TIME(0x09, time_ns), b"\x10", _VARINTS[severity], field(b"\x1a", b"ERROR" if severity >= 17 else b"INFO")]
    out += [field(b"\x2a", field(b"\x0a", body)), rest]
    if trace:
        out += [field(b"\x4a", trace), field(b"\x52", own)] if own else [field(b"\x4a", trace)]
    out.append(_TIME(0x59, time_ns))
    if event_name:
        out.append(field(b"\x62", event_name.encode()))
    return field(b"\x12", b"".join(out))


def point(start_ns: int, end_ns: int, value: float, rest: bytes) -> bytes:
    """A data point as a field of a gauge or a sum; `rest` are its attributes, encoded."""
    return field(b"\x0a", rest + _TIMES(0x11, start_ns, 0x19, end_ns) + b"\x21" + _DOUBLE(value))


def metric(name: str, unit: str, points: Iterable[bytes], *, is_sum: bool) -> bytes:
    """A metric as a field of ScopeMetrics: a delta sum or a gauge."""
    told = field(b"\x0a", name.encode()) + field(b"\x1a", unit.encode())
    body = b"".join(points) + (b"\x10\x01\x18\x01" if is_sum else b"")
    return field(b"\x12", told + field(b"\x3a" if is_sum else b"\x2a", body))


def scope(name: str, version: str) -> bytes:
    """An instrumentation scope, as the first field of ScopeSpans, ScopeLogs or ScopeMetrics."""
    return field(b"\x0a", field(b"\x0a", name.encode()) + field(b"\x12", version.encode()))


def group(resource: bytes, scope: bytes, records: Iterable[bytes]) -> bytes:
    """ResourceSpans, ResourceLogs or ResourceMetrics as a field of an export request; `resource` are attributes."""
    return field(b"\x0a", field(b"\x0a", resource) + field(b"\x12", scope + b"".join(records)))
