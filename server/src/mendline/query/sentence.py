"""The parts of a whole query: what stands between the pipes, and the query itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from mendline.query.source import Source
from mendline.query.syntax import Node, Number, Text


class Calendar(StrEnum):
    """Periods of the project's calendar, from their beginning until now."""

    TODAY = "today"
    THIS_MONTH = "this month"


@dataclass(frozen=True, slots=True)
class Window(Node):
    """`over LENGTH`, and with `every` a series of evaluations."""

    length: Number | Calendar
    every: Number | None = None

    def __str__(self) -> str:
        return f"over {self.length} every {self.every}" if self.every else f"over {self.length}"


@dataclass(frozen=True, slots=True)
class Range(Node):
    """`since FIRST`, or `between FIRST and LAST`: moments (ISO 8601), or how long ago (`2h`)."""

    first: Number | Text
    last: Number | Text | None = None

    def __str__(self) -> str:
        return (
            f"between {_moment(self.first)} and {_moment(self.last)}" if self.last else f"since {_moment(self.first)}"
        )


def _moment(moment: Node | None) -> str:
    """Moments stand bare whatever they hold: a colon, a plus."""
    return str(moment)


@dataclass(frozen=True, slots=True)
class Hold(Node):
    """`for 3 of 5`, `for 10 in a row` (10 of 10), or `for 10m`: how long a condition must hold."""

    times: int = 0
    of: int = 0
    length: Number | None = None

    def __str__(self) -> str:
        if self.length:
            return f"for {self.length}"
        return f"for {self.times} in a row" if self.times == self.of else f"for {self.times} of {self.of}"


@dataclass(frozen=True, slots=True)
class Order(Node):
    """One key of `sort`."""

    expression: Node
    descending: bool = False

    def __str__(self) -> str:
        return f"{self.expression} desc" if self.descending else str(self.expression)


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query; it prints as its canonical text where the checker made it (mendline.query.check)."""

    source: Source = Source.INVOCATIONS
    filter: Node | None = None
    columns: tuple[Node, ...] = ()
    keys: tuple[Node, ...] = ()
    range: Range | None = None
    window: Window | None = None
    condition: Node | None = None
    hold: Hold | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None

    def __str__(self) -> str:
        text = " | ".join(self._stages())
        return text if self.filter or self.source is not Source.INVOCATIONS else f"| {text}" if text else ""

    def _stages(self) -> Iterator[str]:
        named = "" if self.source is Source.INVOCATIONS else str(self.source)
        if named or self.filter:
            yield f"{named} {self.filter or ''}".strip()
        if self.columns or self.keys:
            by = f"by {', '.join(map(str, self.keys))}" if self.keys else ""
            yield f"{', '.join(map(str, self.columns))} {by}".strip()
        if self.range:
            yield str(self.range)
        if self.window:
            yield str(self.window)
        if self.condition:
            yield f"where {self.condition} {self.hold or ''}".strip()
        if self.order:
            yield f"sort {', '.join(map(str, self.order))}"
        if self.limit is not None:
            yield f"limit {self.limit}"
