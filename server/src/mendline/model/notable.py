"""What is unlike before about a function."""

from __future__ import annotations

from dataclasses import dataclass

from mendline.model.function import FunctionId


@dataclass(frozen=True, slots=True)
class Notable:
    """`kind` is one of insight.notable.KINDS; `now` and `before` are what it compares: shares from 0 to 1 for `errors`,
    `near_timeout` and `near_memory`, ms for `slower`, counts for the others."""

    function: FunctionId
    kind: str
    now: float
    before: float


@dataclass(frozen=True, slots=True)
class NewResource:
    """Something that was not called before: its type and name, by which services, and how often since."""

    type: str
    name: str
    at: float
    services: tuple[str, ...]
    calls: int
