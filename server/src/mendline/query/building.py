"""Making nodes of nodes: joined conditions, opposites, ranges, and multiples of what is usual."""

from __future__ import annotations

from mendline.query.syntax import And, Arithmetic, Compare, Node, Not, Number, Or, Relation, Usual
from mendline.query.units import NUMBER, PLAIN, print_quantity, read_quantity


def joined(kind: type[And] | type[Or], terms: list[Node]) -> Node:
    """All terms, flat; a single term is itself."""
    if len(terms) == 1:
        return terms[0]
    flat = [inner for term in terms for inner in (term.terms if isinstance(term, kind) else (term,))]
    return kind(tuple(flat), at=terms[0].at.to(terms[-1].at))


def inverted(found: Node) -> Node:
    """The opposite of a condition; of an equality, with != where it can be."""
    if isinstance(found, Compare) and found.relation is Relation.EQUAL:
        return Compare(found.left, Relation.UNEQUAL, found.right, at=found.at)
    return Not(found, at=found.at)


def within(left: Node, least: Node, most: Node) -> Node:
    """From one value to another, both included."""
    at = left.at.to(most.at)
    return And((Compare(left, Relation.LEAST, least, at=at), Compare(left, Relation.MOST, most, at=at)), at=at)


def product(sign: str, left: Node, right: Node) -> Node:
    """A product or a quotient; `usual * 3`, `3x usual` and `300% usual` are one."""
    at = left.at.to(right.at)
    if sign == "*" and isinstance(left, Usual) and isinstance(right, Number):
        left, right = right, left
    if sign == "*" and isinstance(right, Usual) and isinstance(left, Number):
        left = _factor(left)
    return Arithmetic(sign, left, right, at=at)


def _factor(number: Number) -> Number:
    """`3x` and `300%` as the number 3."""
    found = read_quantity(number.text.rstrip("xX"))
    plain = found is not None and found.dimension == PLAIN
    return Number(print_quantity(found.value, NUMBER), at=number.at) if found and plain else number
