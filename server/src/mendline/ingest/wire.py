"""Counting records on the protobuf wire, before any object is built: a few KB can hold millions of empty spans.

Wire format: https://protobuf.dev/programming-guides/encoding/ (varints, length-delimited fields, wire types).
"""

from __future__ import annotations

from collections.abc import Iterator

from mendline.errors import MalformedError, TooManyRecordsError
from mendline.model.signal import Signal

# Field numbers along the way from an Export…ServiceRequest to its records: resources, scopes, spans or log records;
# a metric holds its data points in one of five fields (gauge, sum, histogram, exponential histogram, summary).
PATHS: dict[Signal, tuple[tuple[int, ...], ...]] = {
    Signal.TRACES: ((1,), (2,), (2,)),
    Signal.LOGS: ((1,), (2,), (2,)),
    Signal.METRICS: ((1,), (2,), (2,), (5, 7, 9, 10, 11), (1,)),
}
_MOST_GROUPS = 4  # what lies around records counts too, but a record rarely has more than this many around it


def count_records(message: bytes, path: tuple[tuple[int, ...], ...], most: int) -> int:
    """How many submessages lie at the end of `path` (field numbers from the root), e.g. spans of a trace request.

    Raises MalformedError for bytes that are no protobuf message, TooManyRecordsError over `most` records (or an
    absurd number of groups around them), in both cases without having built anything.
    """
    total = 0
    groups = 0
    pending = [(0, len(message), 0)]
    while pending:
        start, end, level = pending.pop()
        fields = path[level]
        last = level == len(path) - 1
        for first, stop in _submessages(message, start, end, fields):
            if last:
                total += 1
            else:
                groups += 1
                pending.append((first, stop, level + 1))
            if total > most or groups > most * _MOST_GROUPS:
                raise TooManyRecordsError(
                    f"The request holds more than {most:,} records (setting max_records); send smaller batches."
                )
    return total


def _submessages(message: bytes, position: int, end: int, wanted: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Borders of the length-delimited fields with the numbers `wanted` between two positions, skipping all others."""
    while position < end:
        key, position = _varint(message, position, end)
        number, kind = key >> 3, key & 7
        if kind == 2:
            length, position = _varint(message, position, end)
            stop = position + length
            if stop > end:
                raise _malformed(position)
            if number in wanted:
                yield position, stop
            position = stop
        elif kind == 0:
            _, position = _varint(message, position, end)
        elif kind in (1, 5):
            position += 8 if kind == 1 else 4
        else:
            raise _malformed(position)
        if number == 0 or position > end:
            raise _malformed(position)


def _varint(message: bytes, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while position < end and shift < 70:
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise _malformed(position)


def _malformed(position: int) -> MalformedError:
    return MalformedError(
        f"The body is not an OTLP protobuf message (at byte {position}); it was cut or is something else."
    )
