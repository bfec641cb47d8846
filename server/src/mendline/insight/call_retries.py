"""Calls that an SDK or a client tried again: within one span, or one span for each try.

A span that tells of all tries says how often it tried again (`mendline.retries`); spans of single tries say which
repeat they are (`http.request.resend_count`, OpenTelemetry), and are joined with the try before: a sibling that calls
the same and had ended before they began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_CALLS = (3, 4)  # CLIENT, PRODUCER
_ERROR = 2
_MOST = 1000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tried:
    """`attempt` is which try of its call a span is (or ended with), from 1. `recovered`: a try failed, and a later one
    succeeded: a later span, or within this one. `final`: it failed and was not tried again, though calls like it are;
    None where it failed and nothing tells of tries."""

    attempt: int = 1
    recovered: bool = False
    final: bool | None = False


def tried(rows: Sequence[Row]) -> list[Tried]:
    """Of each span of a trace, in their order; `rows` come sorted by start."""
    after = _next_tries(rows)
    succeeded: dict[int, bool] = {}
    for index in range(len(rows) - 1, -1, -1):  # a later try stands behind
        succeeded[index] = rows[index]["status"] != _ERROR or succeeded.get(after.get(index, -1), False)
    return [_tried(row, index, after, succeeded) for index, row in enumerate(rows)]


def _tried(row: Row, index: int, after: Mapping[int, int], succeeded: Mapping[int, bool]) -> Tried:
    within, repeat = _count(row, "mendline.retries"), _count(row, "http.request.resend_count")
    attempt, failed = 1 + within + repeat, row["status"] == _ERROR
    if not failed:
        return Tried(attempt, recovered=within > 0)
    if index in after:
        return Tried(attempt, recovered=succeeded[index])
    return Tried(attempt, final=True if attempt > 1 else None)


def _next_tries(rows: Sequence[Row]) -> dict[int, int]:
    """By the index of a span, that of the span which tried the same call next."""
    after: dict[int, int] = {}
    alike: dict[tuple[Any, ...], list[int]] = {}
    for index, row in enumerate(rows):
        if row["kind"] not in _CALLS:
            continue
        before = alike.setdefault(_call(row), [])
        repeat = _count(row, "http.request.resend_count")
        for other in reversed(before if repeat else ()):
            ended = rows[other]["start_ns"] + rows[other]["duration_ns"] <= row["start_ns"]
            if ended and other not in after and _count(rows[other], "http.request.resend_count") == repeat - 1:
                after[other] = index
                break
        before.append(index)
    return after


def _call(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("parent_id", "service", "resource_type", "resource_name", "operation", "name"))


def _count(row: Row, key: str) -> int:
    text = row["attributes"].get(key, "")
    return min(int(text), _MOST) if text.isascii() and text.isdigit() and len(text) < 10 else 0
