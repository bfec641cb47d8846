"""The answer to a query of the language: a table whose columns say what they measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """`type` is text, number, bool or time; `unit` is the symbol in which numbers are given, empty for plain ones."""

    name: str
    type: str
    unit: str


@dataclass(frozen=True, slots=True)
class Answer:
    """`query` is the canonical text. Rows are lists of values in the order of the columns; None is no value.

    `start` and `end` bound what was looked at. `origin` says what was read: `raw` rows or a `rollup`; `approximate`
    that percentiles are off by up to 1 %. `learning`: the condition could not be decided, since what is usual is not
    known yet; then all groups are shown. `truncated`: there are more rows than the limit.
    """

    columns: tuple[AnswerColumn, ...]
    rows: tuple[Sequence[Any], ...]
    warnings: tuple[str, ...]
    query: str
    start: datetime
    end: datetime
    origin: str
    approximate: bool
    learning: bool
    truncated: bool
    is_series: bool
    seconds: float
