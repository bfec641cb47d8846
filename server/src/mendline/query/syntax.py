"""The syntax tree of a query: frozen nodes that know where they stand in the text and print themselves.

`parse(str(query)) == query` for every query that the parser makes; equality does not look at positions. Names, types
and units are not known here: that is the checker's work (mendline.query.check).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from enum import IntEnum, StrEnum
from typing import ClassVar

from mendline.query.spelling import glob_text, moment_text, quoted, regex_text, value_text


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of the text, from `start` to before `end`."""

    start: int
    end: int

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of the other."""
        return Span(self.start, max(self.end, other.end))


NOWHERE = Span(0, 0)


class Level(IntEnum):
    """How tightly a node holds together; what is looser stands in brackets within what is tighter."""

    OR = 1
    AND = 2
    NOT = 3
    COMPARE = 4
    ADD = 5
    MULTIPLY = 6
    ATOM = 7


class Relation(StrEnum):
    """How two sides of a comparison relate."""

    EQUAL = "="
    UNEQUAL = "!="
    MORE = ">"
    LEAST = ">="
    LESS = "<"
    MOST = "<="


@dataclass(frozen=True, slots=True)
class Node:
    """Part of a query. `at` is where it was written."""

    level: ClassVar[Level] = Level.ATOM
    at: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)

    def inside(self, level: Level) -> str:
        """Its text as part of something: in brackets where that holds more tightly."""
        return f"({self})" if self.level < level else str(self)


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A field by its name, or a bare word that stands alone; the checker says which."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`attr("x.y")`: an attribute by its key, also one never seen."""

    key: str

    def __str__(self) -> str:
        return f"attr({quoted(self.key)})"


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number with or without a unit, as written: `250ms`, `$0.01`, `3%`, `10`."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A value on the right of an operator, whether it was quoted or not."""

    value: str

    def __str__(self) -> str:
        return value_text(self.value)


@dataclass(frozen=True, slots=True)
class Glob(Node):
    """A value with wildcards: `*` any characters, `?` one; a backslash before either, or before itself, takes it
    literally."""

    pattern: str

    def __str__(self) -> str:
        return glob_text(self.pattern)


@dataclass(frozen=True, slots=True)
class Phrase(Node):
    """Words to search for in whatever texts a row has."""

    text: str

    def __str__(self) -> str:
        return quoted(self.text)


@dataclass(frozen=True, slots=True)
class Usual(Node):
    """What is usual for the other side of the comparison."""

    def __str__(self) -> str:
        return "usual"


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function of the language and its arguments: aggregates, `bucket`, `exists`, `through`, `lost` …"""

    function: str
    arguments: tuple[Node, ...] = ()

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`+ - * /` between numbers; `3x usual` is a product."""

    operator: str
    left: Node
    right: Node

    @property
    def level(self) -> Level:  # type: ignore[override]  # of the class in other nodes
        """Products hold more tightly than sums."""
        return Level.ADD if self.operator in "+-" else Level.MULTIPLY

    def __str__(self) -> str:
        if self.operator == "*" and isinstance(self.left, Number) and isinstance(self.right, Usual):
            is_bare = self.left.text[0] != "$" and self.left.text[-1].isdigit()  # x beside a unit would be part of it
            return f"{self.left}{'x' if is_bare else ' *'} usual"
        tighter = Level(self.level + 1)
        return f"{self.left.inside(self.level)} {self.operator} {self.right.inside(tighter)}"


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """Two sides and how they relate; `field:value` is an equality."""

    level = Level.COMPARE
    left: Node
    relation: Relation
    right: Node

    def __str__(self) -> str:
        left, right = self.left.inside(Level.ADD), self.right.inside(Level.ADD)
        if isinstance(self.right, Text) and self.relation not in (Relation.EQUAL, Relation.UNEQUAL):
            right = moment_text(self.right.value)
        if self.relation is Relation.EQUAL and isinstance(self.right, (Text, Glob)):
            return f"{left}:{right}"
        return f"{left} {self.relation} {right}"


@dataclass(frozen=True, slots=True)
class Matches(Node):
    """`field ~ /regex/`, or `!~`: found anywhere in the text (RE2 syntax)."""

    level = Level.COMPARE
    left: Node
    regex: str
    negated: bool = False

    def __str__(self) -> str:
        return f"{self.left.inside(Level.ADD)} {'!~' if self.negated else '~'} {regex_text(self.regex)}"


@dataclass(frozen=True, slots=True)
class OneOf(Node):
    """`field in (a, b)`, or `not in`."""

    level = Level.COMPARE
    left: Node
    values: tuple[Node, ...]
    negated: bool = False

    def __str__(self) -> str:
        values = ", ".join(map(str, self.values))
        return f"{self.left.inside(Level.ADD)} {'not in' if self.negated else 'in'} ({values})"


@dataclass(frozen=True, slots=True)
class Outside(Node):
    """`expression outside usual`: above or below what is usual for it."""

    level = Level.COMPARE
    left: Node

    def __str__(self) -> str:
        return f"{self.left.inside(Level.ADD)} outside usual"


@dataclass(frozen=True, slots=True)
class Not(Node):
    """The opposite of a condition."""

    level = Level.NOT
    term: Node

    def __str__(self) -> str:
        return f"not {self.term.inside(Level.NOT)}"


@dataclass(frozen=True, slots=True)
class And(Node):
    """All of two or more terms, none of which is an And."""

    level = Level.AND
    terms: tuple[Node, ...]

    def __str__(self) -> str:
        return " and ".join(term.inside(Level.NOT) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Or(Node):
    """Any of two or more terms, none of which is an Or."""

    level = Level.OR
    terms: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(term.inside(Level.AND) for term in self.terms)


def parts_of(node: object) -> Iterator[Node]:
    """A node and all nodes in it."""
    if isinstance(node, tuple):
        for item in node:
            yield from parts_of(item)
    elif isinstance(node, Node):
        yield node
        for each in fields(node):
            yield from parts_of(getattr(node, each.name))
