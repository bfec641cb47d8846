"""Spans put into the order of a waterfall: parents before children, then by time, each with its depth and self time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mendline.insight.call_retries import Tried, tried
from mendline.insight.origins import scope_of
from mendline.model.otlp_value import readable_values, types_of
from mendline.model.trace import KINDS, STATUSES, Event, Link, Span

Row = Mapping[str, Any]


def arrange(rows: Sequence[Row], start_ns: int) -> tuple[Span, ...]:
    """Order the stored spans of one trace, whatever their state: missing parents, cycles, ids that come twice.

    `rows` come sorted by start.
    """
    known = {row["span_id"] for row in rows}
    children: dict[str, list[int]] = {}
    roots: list[int] = []
    for index, row in enumerate(rows):
        if row["parent_id"] in known and row["parent_id"] != row["span_id"]:
            children.setdefault(row["parent_id"], []).append(index)
        else:
            roots.append(index)
    placed = _walk(rows, roots, children)
    entry, tries = placed[0][0], tried(rows)
    return tuple(
        _span(
            row := rows[index],
            [rows[child] for child in children.get(row["span_id"], [])],
            tries[index],
            depth=depth,
            # Whoever sent the entry (API Gateway, X-Ray, a browser) need not be here; anybody else's parent should be.
            orphan=bool(row["parent_id"]) and row["parent_id"] not in known and index != entry,
            start_ns=start_ns,
        )
        for index, depth in placed
    )


def _walk(rows: Sequence[Row], roots: Sequence[int], children: Mapping[str, list[int]]) -> list[tuple[int, int]]:
    """Depth first from the roots, without recursion; what no root reaches (a cycle) begins anew where it starts."""
    placed: list[tuple[int, int]] = []
    seen: set[int] = set()
    expanded: set[str] = set()
    for first in [*roots, *range(len(rows))]:
        stack = [(first, 0)]
        while stack:
            index, depth = stack.pop()
            if index in seen:
                continue
            seen.add(index)
            placed.append((index, depth))
            span_id = rows[index]["span_id"]
            if span_id not in expanded:
                expanded.add(span_id)
                stack.extend((child, depth + 1) for child in reversed(children.get(span_id, [])))
    return placed


def _self_ns(row: Row, children: Sequence[Row]) -> int:
    """Time of a span in which none of its children was under way."""
    end = row["start_ns"] + row["duration_ns"]
    covered, reached = 0, row["start_ns"]
    for child in sorted(children, key=lambda item: item["start_ns"]):
        first = max(child["start_ns"], reached)
        last = min(child["start_ns"] + child["duration_ns"], end)
        if last > first:
            covered += last - first
            reached = last
    return int(row["duration_ns"] - covered)


def _span(row: Row, children: Sequence[Row], tries: Tried, *, depth: int, orphan: bool, start_ns: int) -> Span:
    return Span(
        span_id=row["span_id"],
        parent_id=row["parent_id"],
        name=row["name"],
        kind=KINDS[row["kind"]],
        service=row["service"],
        function=row["function"],
        start_ns=row["start_ns"],
        offset_ms=(row["start_ns"] - start_ns) / 1e6,
        duration_ms=row["duration_ns"] / 1e6,
        self_ms=_self_ns(row, children) / 1e6,
        depth=depth,
        orphan=orphan,
        invocation=row["function"] != "",
        status=STATUSES[row["status"]],
        status_message=row["status_message"],
        resource_type=row["resource_type"],
        resource_name=row["resource_name"],
        operation=row["operation"],
        attempt=tries.attempt,
        recovered=tries.recovered,
        final=tries.final,
        resource_id=row["resource_id"],
        placed_at_receipt=bool(row["placed_at_receipt"]),
        attributes=readable_values(row["attributes"]),
        attribute_types=types_of(row["attribute_types"]),
        trace_state=row["trace_state"],
        flags=row["flags"],
        scope=scope_of(row),
        dropped_attributes=row["dropped"]["attributes"],
        dropped_events=row["dropped"]["events"],
        dropped_links=row["dropped"]["links"],
        events=tuple(_events(row, start_ns)),
        links=tuple(_links(row)),
        children=len(children),
    )


def _events(row: Row, start_ns: int) -> Iterator[Event]:
    """The events of a span; `event_details` has an item for each, or none at all where nothing is to tell."""
    for index, (name, time_ns, attributes) in enumerate(row["events"]):
        details = row["event_details"][index] if row["event_details"] else _NO_DETAILS
        yield Event(
            name=name,
            time_ns=time_ns,
            offset_ms=(time_ns - start_ns) / 1e6,
            attributes=readable_values(attributes),
            attribute_types=types_of(details["attribute_types"]),
            dropped_attributes=details["dropped_attributes"],
        )


def _links(row: Row) -> Iterator[Link]:
    """The links of a span; `link_details` as for events."""
    for index, (trace_id, span_id, attributes) in enumerate(row["links"]):
        details = row["link_details"][index] if row["link_details"] else _NO_DETAILS
        yield Link(
            trace_id=trace_id,
            span_id=span_id,
            trace_state=details["trace_state"],
            flags=details["flags"],
            attributes=readable_values(attributes),
            attribute_types=types_of(details["attribute_types"]),
            dropped_attributes=details["dropped_attributes"],
        )


_NO_DETAILS: Row = {"trace_state": "", "flags": 0, "attribute_types": "", "dropped_attributes": 0}
