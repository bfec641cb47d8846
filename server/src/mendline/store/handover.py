"""How request bytes reach ClickHouse: undecoded, as length-delimited protobuf for its own C++, or as rows (store/sent).

In the same process they go through an anonymous memory file. Never through chDB's `send_insert`, which reports
success when the table behind it failed (measured; see docs/adr/0003).
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mendline.model.signal import Signal
from mendline.store.contract import Payload


def varint(number: int) -> bytes:
    """A base-128 varint (protobuf encoding, "Base 128 Varints")."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


# Two fields of our own behind those of OTLP: protobuf messages can be continued by appending fields, and the last
# value of a field counts, so that what a client may have sent under these numbers is overwritten.
_OURS = struct.Struct("<2sQ2sQ")
_SPOOL_OFFSET, _RECEIVED = b"\xa1\x1f", b"\xa9\x1f"  # keys of fixed64 fields 500 and 501


def as_delimited(payloads: Sequence[Payload]) -> Iterator[bytes]:
    """Messages one after the other, each behind its length, with its offset and its time of receipt appended; they are
    not copied together."""
    for payload in payloads:
        yield varint(len(payload.body) + _OURS.size)
        yield payload.body
        yield _OURS.pack(_SPOOL_OFFSET, payload.offset, _RECEIVED, payload.received_ns)


def _schema(signal: Signal) -> Traversable:
    return resources.files("mendline.store").joinpath("otlp", f"{signal}.proto")


_INSERT_ONCE = {"deduplicate_blocks_in_dependent_materialized_views": 1}
"""Settings under which a repeat with the same insert_deduplication_token counts once in every table."""
_PLAN_QUICKLY = {"query_plan_enable_optimizations": 0}
"""What views do with a block in memory needs no better plan; looking for one took 30 of 140 ms of each insert."""
_GROUP_QUICKLY = dict.fromkeys(
    (
        "optimize_group_by_function_keys",
        "optimize_aggregators_of_group_by_keys",
        "optimize_injective_functions_in_group_by",
        "optimize_injective_functions_inside_uniq",
    ),
    0,
)
"""Of thirty columns to group by, none follows from others; to look for such took a third of the analysis."""


def once_settings(token: str) -> dict[str, Any]:
    """Settings of an insert whose token makes a repeat of the same batch count once in every table."""
    return {**_INSERT_ONCE, **_PLAN_QUICKLY, "insert_deduplication_token": token}


def insert_settings(signal: Signal, token: str, *, schema_file: Path | None = None) -> dict[str, Any]:
    """Those of an insert of OTLP bytes, which ClickHouse decodes.

    A server gets the schema as text. The embedded engine would leave a copy of such a text in the working directory,
    so it gets a file.
    """
    schema: dict[str, Any] = (
        {"format_schema": f"{schema_file}:Request"}
        if schema_file
        else {
            "format_schema_source": "string",
            "format_schema": _schema(signal).read_text("utf-8"),
            "format_schema_message_name": "Request",
        }
    )
    return {**schema, "input_format_protobuf_oneof_presence": 1, **once_settings(token)}


def insert_once(statement: str, token: str) -> str:
    """An INSERT … SELECT in which `{ONCE}` stands for settings: with this token it counts once, however often it runs.

    They stand in the statement since to set them and to set them back takes a sixth of its time.
    """
    return statement.replace("{ONCE}", _clause({**_INSERT_ONCE, **_GROUP_QUICKLY, "insert_deduplication_token": token}))


def insert_through_memory(
    command: Callable[[str], Any], signal: Signal, table: str, payloads: Sequence[Payload], token: str
) -> None:
    """Insert requests as they were sent through a memory file of this process; `command` runs one statement on the
    embedded engine."""
    with resources.as_file(_schema(signal)) as schema_file:
        settings = insert_settings(signal, token, schema_file=schema_file)
        _insert_through_memory(command, table, as_delimited(payloads), settings, "Protobuf")


def insert_rows_through_memory(command: Callable[[str], Any], table: str, rows: bytes, token: str) -> None:
    """As above, but rows in the order of the table's columns (RowBinary)."""
    _insert_through_memory(command, table, (rows,), once_settings(token), "RowBinary")


def _insert_through_memory(
    command: Callable[[str], Any], table: str, parts: Iterable[bytes], settings: Mapping[str, Any], form: str
) -> None:
    with _memory_file() as file:
        file.writelines(parts)
        file.flush()
        path = f"/proc/self/fd/{file.fileno()}" if hasattr(os, "memfd_create") else file.name
        command(f"INSERT INTO {table} FROM INFILE {_quoted(path)} SETTINGS {_clause(settings)} FORMAT {form}")


def _memory_file() -> Any:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("otlp", os.MFD_CLOEXEC), "wb")
    return tempfile.NamedTemporaryFile("wb", suffix=".otlp")


def _clause(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
