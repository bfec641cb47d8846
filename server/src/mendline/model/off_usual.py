"""A function that is off its usual."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.model.function import FunctionId


@dataclass(frozen=True, slots=True)
class OffUsual:
    """`kind` is `errors` (a share of 1), `p95` (ms) or `invocations`; usual is from `low` to `high`."""

    function: FunctionId
    kind: str
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OffUsuals:
    """What was found, worst kind first, over how many functions; of `learning` of them too little is known, and `left`
    were not looked at."""

    found: tuple[OffUsual, ...]
    functions: int
    learning: int
    left: int
