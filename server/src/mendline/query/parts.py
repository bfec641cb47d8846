"""A query as rows to click: each part by itself, so that a builder can show it, change it, and write it again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mendline.query.sentence import Query
from mendline.query.syntax import And, Attribute, Compare, Glob, Level, Matches, Name, Node, Not, Number, OneOf, Text

HOLDS, FAILS = "holds", "does not hold"


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a condition. `relation` is how `field` and `value` relate, HOLDS or FAILS for a field that stands
    alone; '' where the term is something else, which `text` has as a whole."""

    text: str
    field: str = ""
    relation: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """A query; what it does not have is empty. `terms` hold together, and so do `conditions` of the results."""

    source: str
    terms: Sequence[Term]
    columns: Sequence[str]
    keys: Sequence[str]
    range: str
    over: str
    every: str
    conditions: Sequence[Term]
    hold: str
    order: Sequence[str]
    limit: str


def parts(query: Query) -> Parts:
    """The parts of a canonical query."""
    window = query.window
    return Parts(
        source=str(query.source),
        terms=_terms(query.filter),
        columns=[str(column) for column in query.columns],
        keys=[str(key) for key in query.keys],
        range=str(query.range or ""),
        over=str(window.length) if window else "",
        every=str(window.every or "") if window else "",
        conditions=_terms(query.condition),
        hold=str(query.hold or "").removeprefix("for "),
        order=[str(key) for key in query.order],
        limit="" if query.limit is None else str(query.limit),
    )


def _terms(node: Node | None) -> list[Term]:
    if node is None:
        return []
    terms = node.terms if isinstance(node, And) else (node,)
    return [_term(term) for term in terms]


def _term(node: Node) -> Term:
    text = node.inside(Level.NOT)
    match node:
        case Name(name):
            return Term(text, name, HOLDS)
        case Not(Name(name)):
            return Term(text, name, FAILS)
        case Compare(left, relation, right) if isinstance(right, (Number, Text, Glob, Name)) or _is_simple(left):
            told = str(relation)
        case Matches(left, _, negated):
            told = "!~" if negated else "~"
        case OneOf(left, _, negated):
            told = "not in" if negated else "in"
        case _:
            return Term(text)
    field = left.inside(Level.ADD)
    behind = text[len(field) :].lstrip()
    relation_text = ":" if behind.startswith(":") else told
    return Term(text, field, relation_text, behind[len(relation_text) :].lstrip())


def _is_simple(node: Node) -> bool:
    return isinstance(node, (Name, Attribute))
