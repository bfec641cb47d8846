"""What a request will take in memory, seen on the protobuf wire before any object is built: a few KB can hold millions
of empty spans, links or values.

One walk over the bytes, level by level, finds everything that becomes an object. Where many messages lie side by side
(spans, attributes) all go forward by one field at a time, as arrays; few are gone through one after the other.
Wire format: https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mendline.errors import MalformedError, TooManyRecordsError, TooManyValuesError
from mendline.ingest.parts import Parts, take_apart
from mendline.ingest.wire_types import PACKED_BYTES, PLAIN, TAGS, Tables, tables_of
from mendline.model.signal import Signal

SMALL_BYTES = 256 * 1024  # what lies in the records of such a body is no matter, so that they are only counted
MOST_FIELDS = 4096  # numbers and texts of one message; OTLP's have up to 16, and lists of numbers come packed
_MOST_GROUPS = 4  # what lies around records counts too, but a record rarely has more than this many around it
# Telemetry takes up to ten times its bytes as objects; empty links take more than forty times theirs.
_DENSITY, _ALWAYS_BYTES = 16, 1024 * 1024
_WIDE = 64  # from so many messages on, arrays are faster
_SLICE = 32 * 1024  # messages looked at together: few enough for the processor's cache
_MOST_VARINT, _MOST_LENGTH = 10, 5  # bytes of a number, and of a length
_FIXED = np.array([0, 8, 0, -1, -1, 4, -1, -1])  # bytes by wire type; -1: there is no such type

_Ints = npt.NDArray[np.int64]
_Places = tuple[_Ints, _Ints, _Ints]  # where things begin, where they end, and their kinds


@dataclass(frozen=True, slots=True)
class Weight:
    """What a request holds: its records, the memory that its objects will take, in bytes (rather too much), and how
    many bytes its largest record has on the wire (of metrics, its largest point); and its parts, where it was small
    enough to be taken apart at once."""

    records: int
    memory_bytes: int
    largest_bytes: int
    parts: Parts | None = None


def weigh(signal: Signal, message: bytes, most_records: int, most_bytes: int = 2**62) -> Weight:
    """Weigh an Export{Trace,Logs,Metrics}ServiceRequest, without building anything.

    Raises MalformedError for bytes that are no protobuf message, TooManyRecordsError over `most_records` (or an absurd
    number of groups around them), TooManyValuesError where the objects would take more than `most_bytes`, or far more
    than those of telemetry do.
    """
    parts = take_apart(signal, message, most_records) if len(message) <= SMALL_BYTES else None
    if parts:
        return _weight_of(signal, message, parts)
    walk = _Walk(message, tables_of(signal), most_records, most_bytes)
    try:
        walk.run()
    except IndexError:
        raise _malformed(len(message)) from None
    return Weight(walk.records, walk.memory_bytes, walk.largest_bytes)


def _weight_of(signal: Signal, message: bytes, parts: Parts) -> Weight:
    """The same as by a walk."""
    tables, (outer, inner) = tables_of(signal), parts.groups
    counts = (outer, len(parts.resources), inner, len(parts.scopes), len(parts.records))
    memory_bytes = sum(count * tables.bytes_of[kind] for count, kind in zip(counts, tables.layers, strict=True))
    largest_bytes = max(map(len, parts.records), default=0)
    return Weight(len(parts.records), memory_bytes + len(message) * _DENSITY, largest_bytes, parts)


class _Walk:
    """One walk over a request."""

    def __init__(self, message: bytes, tables: Tables, most_records: int, most_bytes: int) -> None:
        self._message, self._tables = message, tables
        self._buffer = np.frombuffer(message, np.uint8)
        self._is_small = len(message) <= SMALL_BYTES
        self._opened = tables.ways if self._is_small else tables.messages
        self._most_records, self._most_bytes = most_records, most_bytes
        self.records = self._groups = self.largest_bytes = 0
        self.memory_bytes = len(message) * _DENSITY if self._is_small else 0

    def run(self) -> None:
        """Look at everything: what is found in messages is looked at next, a slice at a time."""
        if self._is_small:
            inner = [(0, len(self._message), 0)]
            while inner:
                self._go_through(*inner.pop(), inner)
            return
        pending: list[_Places] = [(np.array([0]), np.array([len(self._message)]), np.array([0]))]
        while pending:
            starts, ends, kinds = pending.pop()
            if len(starts) > _SLICE:
                pending.append((starts[_SLICE:], ends[_SLICE:], kinds[_SLICE:]))
            found = self._look_into(starts[:_SLICE], ends[:_SLICE], kinds[:_SLICE])
            if found:
                first, last, kind = (np.concatenate(parts) for parts in zip(*found, strict=True))
                pending.append((first, last, kind))

    def _look_into(self, at: _Ints, ends: _Ints, kinds: _Ints) -> list[_Places]:
        """Count what lies in some messages; answers the messages among it."""
        found: list[_Places] = []
        plain = np.zeros(len(at), np.int64)
        weight = seen = 0
        while len(at) > _WIDE:
            starts, behind, codes = self._step(at, ends, kinds)
            things = codes != PLAIN
            seen += int((behind - at).sum())
            weight += self._count(codes[things], (behind - starts)[things])
            self._check_weight(weight, seen)
            opened = self._tables.is_opened[codes] & (starts < behind)
            if opened.any():
                found.append((starts[opened], behind[opened], codes[opened]))
            plain += ~things
            if plain.max() > MOST_FIELDS:
                raise _too_many_values()
            left = behind < ends
            at, ends, kinds, plain = behind[left], ends[left], kinds[left], plain[left]
        self.memory_bytes += weight
        inner: list[tuple[int, int, int]] = []
        for start, end, kind in zip(at.tolist(), ends.tolist(), kinds.tolist(), strict=True):
            self._go_through(start, end, kind, inner)
        if inner:
            first, last, kind = np.array(inner).T
            found.append((first, last, kind))
        return found

    def _go_through(self, at: int, end: int, kind: int, inner: list[tuple[int, int, int]]) -> None:
        """Count what lies in one message; the messages among it are added to `inner`."""
        tables, row, opened = self._tables, self._tables.rows[kind], self._opened
        begin, weight, plain = at, 0, 0
        while at < end:
            place, start, at = _field(self._message, at)
            code = row[place]
            if code == PLAIN:
                plain += 1
                if plain > MOST_FIELDS:
                    raise _too_many_values()
            elif code in tables.numbered:
                self._number(code, 1)
                if at - start > self.largest_bytes and code in tables.records:
                    self.largest_bytes = at - start
            else:
                weight += tables.bytes_of[code] + (at - start) * PACKED_BYTES * (code == tables.packed)
                if weight > _ALWAYS_BYTES:
                    self._check_weight(weight, at - begin)
            if code in opened and start < at:
                inner.append((start, at, code))
        if at > end:
            raise _malformed(end)
        self.memory_bytes += weight

    def _count(self, codes: _Ints, sizes: _Ints) -> int:
        """Count things of these kinds; answers what they take in memory, but for those that are bounded by number."""
        tables = self._tables
        counts = np.bincount(codes, minlength=len(tables.bytes_of)).tolist()
        weight = 0
        for code, count in enumerate(counts):
            if count and code in tables.numbered:
                self._number(code, count)
                if code in tables.records:
                    self.largest_bytes = max(self.largest_bytes, int(sizes[codes == code].max()))
            else:
                weight += count * tables.bytes_of[code]
        if counts[tables.packed]:
            weight += int(sizes[codes == tables.packed].sum()) * PACKED_BYTES
        return weight

    def _number(self, code: int, count: int) -> None:
        """Count records or what lies around them. Raises TooManyRecordsError."""
        self.memory_bytes += count * self._tables.bytes_of[code]
        if code in self._tables.records:
            self.records += count
        else:
            self._groups += count
        if self.records > self._most_records or self._groups > self._most_records * _MOST_GROUPS:
            raise TooManyRecordsError(
                f"The request holds more than {self._most_records:,} records (setting max_records); send smaller"
                " batches."
            )

    def _check_weight(self, weight: int, seen_bytes: int) -> None:
        if weight > _DENSITY * seen_bytes + _ALWAYS_BYTES or self.memory_bytes + weight > self._most_bytes:
            raise _too_many_values()

    def _step(self, at: _Ints, ends: _Ints, kinds: _Ints) -> _Places:
        """The next field of each message: where its content begins and ends, and the kind of that."""
        numbers, widths = self._varints(at, np.zeros(len(at), np.int64))
        wire, numbers, starts = numbers & 7, numbers >> 3, at + widths
        sizes, widths = self._varints(starts, wire)
        starts = np.where(wire == 2, starts + widths, starts)
        behind = starts + np.where(wire == 2, sizes, np.where(wire == 0, widths, _FIXED[wire]))
        if (behind > ends).any() or (_FIXED[wire] < 0).any() or (numbers == 0).any():
            raise _malformed(int(at[0]))
        return starts, behind, self._tables.codes[kinds * TAGS + np.minimum(numbers << 3 | wire, TAGS - 1)]

    def _varints(self, at: _Ints, wire: _Ints) -> tuple[_Ints, _Ints]:
        """The numbers that begin at some places, where the wire type says that one does, and their widths in bytes."""
        first = self._buffer.take(at, mode="clip").astype(np.int64)
        values, widths = first & 127, np.ones(len(at), np.int64)
        longer = np.flatnonzero((first > 127) & (wire & 5 == 0))
        for width in range(1, _MOST_VARINT):
            if not len(longer):
                return values, widths
            byte = self._buffer.take(at[longer] + width, mode="clip").astype(np.int64)
            values[longer] |= (byte & 127) << 7 * min(width, _MOST_LENGTH)
            widths[longer] += 1
            longer = longer[byte > 127]
        if len(longer):
            raise _malformed(int(at[longer[0]]))
        return values, widths


def _field(message: bytes, at: int) -> tuple[int, int, int]:
    """A field that begins at a place: its own place in a row, and where its content begins and ends."""
    tag = message[at]
    at += 1
    if tag > 127:
        tag, at = _varint(message, at - 1)
        if tag >= TAGS:
            tag = TAGS - 8 | tag & 7
    wire = tag & 7
    if wire == 2:
        size = message[at]
        at += 1
        if size > 127:
            size, at = _varint(message, at - 1)
        behind = at + size
    elif wire == 0:
        _, behind = _varint(message, at)
    elif wire == 1:
        behind = at + 8
    elif wire == 5:
        behind = at + 4
    else:
        raise _malformed(at)
    if tag < 8:
        raise _malformed(at)
    return tag, at, behind


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 7 * _MOST_VARINT, 7):
        byte = message[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise _malformed(at)


def _too_many_values() -> TooManyValuesError:
    return TooManyValuesError(
        "The request holds far more attributes, events, links, items of lists or fields than telemetry of its size"
        " (settings max_inflated_bytes and max_records); send smaller batches."
    )


def _malformed(position: int) -> MalformedError:
    return MalformedError(
        f"The body is not an OTLP protobuf message (at byte {position}); it was cut or is something else."
    )
