"""Log records as rows of `logs_sent`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mendline.store.sent.row_binary import INT32, UINT32, UINT64, octets, text
from mendline.store.sent.values import attribute_columns, type_name, value_text


def log_rows(scope: Any) -> Iterator[bytes]:
    """Each record of a ScopeLogs, in the order of the columns of tables/0255_logs_sent.sql from `time_unix_nano` on."""
    for record in scope.log_records:
        kind = record.body.WhichOneof("value")
        yield b"".join(
            (
                UINT64(record.time_unix_nano),
                UINT64(record.observed_time_unix_nano),
                octets(record.trace_id),
                octets(record.span_id),
                UINT32(record.flags),
                INT32(record.severity_number),
                text(record.severity_text),
                text(record.event_name),
                text(value_text(record.body, kind)),
                text(type_name(kind)),
                attribute_columns(record.attributes),
                UINT32(record.dropped_attributes_count),
            )
        )
