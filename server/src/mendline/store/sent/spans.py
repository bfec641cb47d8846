"""Spans as rows of `spans_sent`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mendline.store.sent.row_binary import INT32, UINT32, UINT64, listed, octets, text
from mendline.store.sent.values import attribute_columns


def span_rows(scope: Any) -> Iterator[bytes]:
    """Each span of a ScopeSpans, in the order of the columns of tables/0175_spans_sent.sql from `trace_id` on."""
    for span in scope.spans:
        yield b"".join(
            (
                octets(span.trace_id),
                octets(span.span_id),
                text(span.trace_state),
                octets(span.parent_span_id),
                UINT32(span.flags),
                text(span.name),
                INT32(span.kind),
                UINT64(span.start_time_unix_nano),
                UINT64(span.end_time_unix_nano),
                text(span.status.message),
                INT32(span.status.code),
                attribute_columns(span.attributes),
                UINT32(span.dropped_attributes_count),
                listed([_event(event) for event in span.events]),
                UINT32(span.dropped_events_count),
                listed([_link(link) for link in span.links]),
                UINT32(span.dropped_links_count),
            )
        )


def _event(event: Any) -> bytes:
    return (
        UINT64(event.time_unix_nano)
        + text(event.name)
        + attribute_columns(event.attributes)
        + UINT32(event.dropped_attributes_count)
    )


def _link(link: Any) -> bytes:
    return (
        octets(link.trace_id)
        + octets(link.span_id)
        + text(link.trace_state)
        + UINT32(link.flags)
        + attribute_columns(link.attributes)
        + UINT32(link.dropped_attributes_count)
    )
