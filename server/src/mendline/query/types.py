"""The types of expressions: what kind of value, and for numbers what they measure and in which unit they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from mendline.query.units import NUMBER, Dimension, Unit


class Kind(StrEnum):
    """What a value is. `any` is an attribute whose type is not known: a text that may hold a number."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    TIME = "time"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Type:
    """`unit` is the one in which numbers are shown, and that a bare number beside it is taken in."""

    kind: Kind
    unit: Unit = NUMBER

    @property
    def dimension(self) -> Dimension:
        """What a number measures."""
        return self.unit.dimension

    @property
    def is_number(self) -> bool:
        """Whether it can be computed with."""
        return self.kind in (Kind.NUMBER, Kind.ANY)


TEXT, BOOL, MOMENT, ANY = (Type(kind) for kind in (Kind.TEXT, Kind.BOOL, Kind.TIME, Kind.ANY))


def number(unit: Unit = NUMBER) -> Type:
    """A number shown in this unit."""
    return Type(Kind.NUMBER, unit)
