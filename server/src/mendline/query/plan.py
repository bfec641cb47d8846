"""What a checked query asks of the store: typed, resolved, in base units, without any text to be interpreted.

Base units: ns for durations, bytes, US dollars, shares of 1. A plan holds names of the registry (Column), keys and
paths of attributes (Attribute), and constants; a store makes parameters of the last two. Nothing here knows SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import StrEnum

from mendline.query.sentence import Calendar
from mendline.query.source import Source
from mendline.query.syntax import Relation
from mendline.query.types import Type
from mendline.query.units import Unit


class Scope(StrEnum):
    """Where an attribute is looked for."""

    ATTRIBUTE = "attribute"  # of the row's span, record or point, else of its resource
    TAG = "tag"  # `tags.X`: attribute X, else attribute tags.X, of the invocation
    REQUEST = "request"  # a path into the captured request (mendline.request, JSON)
    RESPONSE = "response"  # into the captured response (mendline.response, JSON)
    FUNCTION_TAG = "function_tag"  # a tag of the function itself


# -- values ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    """A field of the registry; `key` is Field.key. `many`: the row has several values, and a comparison holds where it
    holds for one of them. The `value` of a metric is stored in its own unit, which is the one of its type."""

    key: str
    type: Type
    many: bool = False


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: its key in `path[0]`, or the steps of a path into JSON (a step of digits is also an index).

    `older` are other keys of the same attribute, for rows that lack the first. Attributes are stored as texts. Where
    the type is a number in some unit, the stored number counts that unit.
    """

    scope: Scope
    path: tuple[str, ...]
    type: Type
    many: bool = False
    older: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A text, or a number in base units (an int where it is whole)."""

    value: str | int | float
    type: Type


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment: fixed, or how many ns before the present (0 is now)."""

    at: datetime | None = None
    ago_ns: int = 0


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`operator` is one of + - * /; both sides are numbers in base units. A division by 0 has no value (NULL)."""

    operator: str
    left: Value
    right: Value
    type: Type


@dataclass(frozen=True, slots=True)
class Bucket:
    """A number cut down to a multiple of `step`, in base units: the lower border."""

    operand: Value
    step: int | float
    type: Type


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A function over the rows of a group (mendline.query.functions): `percentile` with its `quantile`, or its name.

    `argument` for sum, avg, min, max, percentile, distinct, first, last; `condition` for count and rate (None: all
    rows), ratio and consecutive. `of` is the source whose rows are aggregated: in the filter of a query for functions,
    it is their invocations. Rows whose argument has no value, or no number where one is needed, are left out.
    """

    function: str
    argument: Value | None
    condition: Condition | None
    quantile: float | None
    of: Source
    type: Type


@dataclass(frozen=True, slots=True)
class Usual:
    """The learned steady state of an expression, for the same group, at this hour and weekday."""

    of: Value
    type: Type


Value = Column | Attribute | Constant | Moment | Arithmetic | Bucket | Aggregate | Usual


# -- conditions -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flag:
    """A field of type bool holds."""

    of: Value


@dataclass(frozen=True, slots=True)
class Compare:
    """Numbers in base units, moments, or texts (only = and !=). `left` of type any against a number is read as one;
    where it is none, the comparison does not hold. A missing value fulfils != and nothing else."""

    left: Value
    relation: Relation
    right: Value


@dataclass(frozen=True, slots=True)
class Like:
    """A text, as a whole, fits a pattern: `*` any characters, `?` one; a backslash before *, ? or \\ takes it
    literally. Letters' case counts."""

    of: Value
    pattern: str


@dataclass(frozen=True, slots=True)
class Matches:
    """A regular expression (RE2, checked) is found in a text."""

    of: Value
    regex: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """A value is one of several: texts, or numbers in base units."""

    of: Value
    values: tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A value of an ordered list (levels) is this or a later one."""

    of: Value
    value: str


@dataclass(frozen=True, slots=True)
class Exists:
    """The row has a value: it is not missing, and as a text not empty."""

    of: Value


@dataclass(frozen=True, slots=True)
class FullText:
    """The texts of a row contain this, whatever the case: all its words where there are several, as a phrase."""

    text: str


@dataclass(frozen=True, slots=True)
class Through:
    """A trace passed functions in this order, each called by what the one before caused. Items are patterns."""

    functions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutsideUsual:
    """A number is outside of what is usual for it."""

    of: Value


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    term: Condition


@dataclass(frozen=True, slots=True)
class And:
    """All."""

    terms: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any."""

    terms: tuple[Condition, ...]


Condition = (
    Flag | Compare | Like | Matches | OneOf | AtLeast | Exists | FullText | Through | OutsideUsual | Not | And | Or
)


# -- the whole ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Output:
    """A column of the answer, under its written name; numbers are shown in `unit` (base value / unit.scale)."""

    name: str
    value: Value
    type: Type

    @property
    def unit(self) -> Unit:
        """The unit in which the answer gives it."""
        return self.type.unit


@dataclass(frozen=True, slots=True)
class Range:
    """The range that the query itself names; without an end it ends now."""

    start: Moment
    end: Moment | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """How far an evaluation looks back, and with `every_ns`, how far apart the evaluations of a series are."""

    length_ns: int | None
    calendar: Calendar | None
    every_ns: int | None


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a condition must hold: `times` of the last `of` evaluations, or for `length_ns`."""

    times: int = 0
    of: int = 0
    length_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A key of the order."""

    value: Value
    descending: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What a checked query asks.

    Without `columns` and `keys` it asks for rows of the source. `condition` speaks of keys and aggregates (also such as
    are no column); without `hold` it must hold once. `order` is complete but for ties, which a store breaks by keys or
    ids. A `limit` of None leaves it to the caller.
    """

    source: Source
    filter: Condition | None = None
    range: Range | None = None
    columns: tuple[Output, ...] = ()
    keys: tuple[Output, ...] = ()
    window: Window | None = None
    condition: Condition | None = None
    hold: Hold | None = None
    order: tuple[Order, ...] = ()
    limit: int | None = None

    @property
    def is_aggregated(self) -> bool:
        """Whether rows are grouped, and not shown themselves."""
        return bool(self.columns or self.keys)

    @property
    def is_series(self) -> bool:
        """Whether the answer has a column `time`."""
        return self.window is not None and self.window.every_ns is not None


def parts_of(part: object) -> Iterator[object]:
    """A part of a plan and all that is in it."""
    if isinstance(part, tuple):
        for item in part:
            yield from parts_of(item)
    elif is_dataclass(part):
        yield part
        for field in fields(part):
            yield from parts_of(getattr(part, field.name))
