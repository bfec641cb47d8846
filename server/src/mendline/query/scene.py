"""What a part of a query may speak of, and what the checker finds it to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from mendline.query import plan
from mendline.query.source import Source
from mendline.query.syntax import Node
from mendline.query.types import Type


class Place(StrEnum):
    """A part of a query; the value is how an error calls it."""

    FILTER = "a filter"
    ARGUMENT = "a function's brackets"
    COLUMN = "the columns"
    KEY = "'by'"
    CONDITION = "'where'"
    SORT = "'sort'"


@dataclass(frozen=True, slots=True)
class Value:
    """A value that was checked: its tree in the canonical spelling, its plan, its type."""

    node: Node
    plan: plan.Value
    type: Type

    @property
    def is_aggregate(self) -> bool:
        """Whether it is of many rows."""
        return any(isinstance(part, plan.Aggregate) for part in plan.parts_of(self.plan))


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that was checked."""

    node: Node
    plan: plan.Condition


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an expression stands. Names are fields of `source` where `rows`, else only `keys` (by canonical text) may
    be named. Aggregates, where allowed, are over rows of `aggregated`. `usual_of` is what `usual` would be of, and
    `outer` the aggregate around."""

    place: Place
    source: Source
    rows: bool = True
    keys: Mapping[str, Value] = field(default_factory=dict)
    aggregated: Source | None = None
    usual_of: Value | None = None
    outer: Node | None = None

    def argument(self, outer: Node) -> Scene:
        """Within the brackets of an aggregate: rows of what is aggregated, and no aggregates."""
        return Scene(Place.ARGUMENT, self.aggregated or self.source, outer=outer)

    def beside(self, other: Value) -> Scene:
        """On the right of a comparison with another value."""
        return replace(self, usual_of=other)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the answer says beside itself: a stable code and a sentence."""

    code: str
    text: str
