"""How request bytes reach ClickHouse undecoded: length-delimited protobuf, parsed by ClickHouse's own C++.

In the same process they go through an anonymous memory file. Never through chDB's `send_insert`, which reports
success when the table behind it failed (measured; see docs/adr/0003).
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any


def varint(number: int) -> bytes:
    """A base-128 varint (protobuf encoding, "Base 128 Varints")."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def as_delimited(bodies: Sequence[bytes]) -> bytes:
    """Messages one after the other, each behind its length."""
    return b"".join(part for body in bodies for part in (varint(len(body)), body))


_SCHEMA = resources.files("mendline.store").joinpath("otlp_trace.proto")


def insert_settings(token: str, *, schema_file: Path | None = None) -> dict[str, Any]:
    """Settings of an insert of OTLP bytes; the token makes a repeat of the same batch count once in every table.

    A server gets the schema as text. The embedded engine would leave a copy of such a text in the working directory,
    so it gets a file.
    """
    schema: dict[str, Any] = (
        {"format_schema": f"{schema_file}:Request"}
        if schema_file
        else {
            "format_schema_source": "string",
            "format_schema": _SCHEMA.read_text("utf-8"),
            "format_schema_message_name": "Request",
        }
    )
    return {
        **schema,
        "input_format_protobuf_oneof_presence": 1,
        "insert_deduplication_token": token,
        "deduplicate_blocks_in_dependent_materialized_views": 1,
    }


def insert_through_memory(command: Callable[[str], Any], table: str, bodies: Sequence[bytes], token: str) -> None:
    """Insert through a memory file of this process; `command` runs one statement on the embedded engine."""
    with resources.as_file(_SCHEMA) as schema_file, _memory_file() as file:
        settings = insert_settings(token, schema_file=schema_file)
        clause = ", ".join(f"{name} = {_quoted(value)}" for name, value in settings.items())
        file.write(as_delimited(bodies))
        file.flush()
        path = f"/proc/self/fd/{file.fileno()}" if hasattr(os, "memfd_create") else file.name
        command(f"INSERT INTO {table} FROM INFILE {_quoted(path)} SETTINGS {clause} FORMAT Protobuf")


def _memory_file() -> Any:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("otlp", os.MFD_CLOEXEC), "wb")
    return tempfile.NamedTemporaryFile("wb", suffix=".otlp")


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
