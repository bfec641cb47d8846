"""A kind of transaction: all traces that one entry started, over a time range."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transaction:
    """`lost` counts transactions in which something that a message should have started never did. Durations in ms, from
    the first moment to the last. `functions` are those that take part, with the share of transactions that reached
    them, 0 to 1, the most reached first. `cost_usd` is None where nothing tells the size of a memory."""

    entry: str
    count: int
    errors: int
    lost: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cost_usd: float | None
    functions: tuple[tuple[str, float], ...]
