"""OTLP's messages from JSON objects to protobuf wire bytes, by tables made of the official descriptors.

A table holds, for each field under its JSON name, the function that writes it. What differs from protobuf's own JSON
(ids) or is bounded (records, depth of values) is named below; the rest follows from the descriptor.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from mendline.errors import TooManyRecordsError
from mendline.ingest.limits import MOST_DEPTH, TOO_DEEP
from mendline.ingest.otlp_json.fault import FaultError
from mendline.ingest.otlp_json.scalars import LENGTH, SCALARS, Scalar, base64, text
from mendline.store.handover import varint

_COMMON = "opentelemetry.proto.common.v1."
_BASE64 = {_COMMON + "AnyValue.bytes_value"}
_NESTING = {_COMMON + "AnyValue.array_value", _COMMON + "AnyValue.kvlist_value"}
_RECORDS = {"spans", "log_records", "data_points"}
_TOO_DEEP = b"\x0a" + text(TOO_DEEP)  # AnyValue.string_value is field 1

Out = list[bytes]
Writer = Callable[[Any, Out, "Work", int], None]
Table = dict[str, Writer]


class Work:
    """One request on its way: how many records it may still hold, and what was cut of it, by kind (limits.CUTS)."""

    __slots__ = ("_left", "cut", "most")

    def __init__(self, most: int, cut: Counter[str]) -> None:
        self.most = self._left = most
        self.cut = cut

    def take(self, records: int) -> None:
        """Count records, before any of them is written. Raises TooManyRecordsError."""
        self._left -= records
        if self._left < 0:
            raise TooManyRecordsError(
                f"The request holds more than {self.most:,} records (setting max_records); send smaller batches."
            )


def table_of(descriptor: Any, tables: dict[str, Table]) -> Table:
    """The table of a message; `tables` remembers those made so far, by name, since messages hold themselves."""
    table = tables.get(descriptor.full_name)
    if table is None:
        table = tables[descriptor.full_name] = {}
        for field in descriptor.fields:
            table[field.json_name] = _writer(field, tables)
    return table


def encode(table: Table, value: Any, work: Work, depth: int) -> bytes:
    """A JSON object as the message of `table`; `depth` is how many lists and maps of values lie around it.

    Raises FaultError or TooManyRecordsError.
    """
    if type(value) is not dict:
        raise FaultError("is not an object")
    out: Out = []
    name = ""
    try:
        for name, item in value.items():
            if item is not None and (write := table.get(name)):
                write(item, out, work, depth)
    except FaultError as fault:
        fault.within(name)
        raise
    return b"".join(out)


def _writer(field: Any, tables: dict[str, Table]) -> Writer:
    if field.message_type is not None:
        prefix = varint(field.number << 3 | LENGTH)
        table = table_of(field.message_type, tables)
        if field.is_repeated:
            return _messages(prefix, table, counted=field.name in _RECORDS)
        return _value(prefix, table) if field.full_name in _NESTING else _message(prefix, table)
    wire_type, scalar = SCALARS[field.type]
    if field.full_name in _BASE64:
        scalar = base64
    if not field.is_repeated:
        return _scalar(varint(field.number << 3 | wire_type), scalar)
    return _scalars(varint(field.number << 3 | LENGTH), scalar, packed=wire_type != LENGTH)


def _scalar(prefix: bytes, scalar: Scalar) -> Writer:
    def write(value: Any, out: Out, work: Work, depth: int) -> None:
        out.append(prefix + scalar(value))

    return write


def _scalars(prefix: bytes, scalar: Scalar, *, packed: bool) -> Writer:
    def write(value: Any, out: Out, work: Work, depth: int) -> None:
        items = _list(value)
        encoded: Out = []
        try:
            for item in items:
                encoded.append(scalar(item))
        except FaultError as fault:
            fault.at(len(encoded))
            raise
        if packed:
            joined = b"".join(encoded)
            out.append(prefix + varint(len(joined)) + joined)
        else:
            out.extend(prefix + item for item in encoded)

    return write


def _message(prefix: bytes, table: Table) -> Writer:
    def write(value: Any, out: Out, work: Work, depth: int) -> None:
        encoded = encode(table, value, work, depth)
        out.append(prefix + varint(len(encoded)) + encoded)

    return write


def _messages(prefix: bytes, table: Table, *, counted: bool) -> Writer:
    def write(value: Any, out: Out, work: Work, depth: int) -> None:
        items = _list(value)
        if counted:
            work.take(len(items))
        before = len(out)
        try:
            for item in items:
                encoded = encode(table, item, work, depth)
                out.append(prefix + varint(len(encoded)) + encoded)
        except FaultError as fault:
            fault.at(len(out) - before)
            raise

    return write


def _value(prefix: bytes, table: Table) -> Writer:
    """A list or map within a value: one level deeper, or words in its place."""

    def write(value: Any, out: Out, work: Work, depth: int) -> None:
        if depth == MOST_DEPTH:
            out.append(_TOO_DEEP)
            work.cut["depth"] += 1
            return
        encoded = encode(table, value, work, depth + 1)
        out.append(prefix + varint(len(encoded)) + encoded)

    return write


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise FaultError("is not a list")
    return value
