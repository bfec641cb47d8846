"""From a group of an answer to the rows it is made of: a query for these. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from mendline.query.sentence import Query
from mendline.query.syntax import And, Attribute, Call, Compare, Name, Node, Not, Number, Relation, Text
from mendline.query.units import UNITS, print_quantity, read_quantity


def rows_behind(query: Query, values: Sequence[Any], units: Sequence[str]) -> Query | None:
    """The rows of one group of a checked query: its filter, and what the keys are in this group; None where no filter
    can say that.

    `values` are those of the keys as an answer gives them, numbers in `units`.
    """
    own = [query.filter] if query.filter else []
    keyed = [term for each in zip(query.keys, values, units, strict=True) for term in _terms(*each)]
    if any(isinstance(term, Not) and _is_computed(term) for term in keyed):
        return None
    flat = [inner for term in (*own, *keyed) for inner in (term.terms if isinstance(term, And) else (term,))]
    joined = None if not flat else flat[0] if len(flat) == 1 else And(tuple(flat))
    return Query(query.source, joined, range=query.range)


def _is_computed(term: Not) -> bool:
    """Whether a term says that something which is computed does not exist; only of a field can that be said."""
    called = term.term
    return isinstance(called, Call) and not isinstance(called.arguments[0], (Name, Attribute))


def _terms(key: Node, value: Any, unit: str) -> Iterator[Node]:
    of, step = key.arguments if isinstance(key, Call) and key.function == "bucket" else (key, None)
    if value is None or value == "":
        yield Not(Call("exists", (of,)))
    elif value is True:
        yield key
    elif value is False:
        yield Not(key)
    elif isinstance(value, str):
        yield Compare(key, Relation.EQUAL, Text(value))
    elif step is not None:
        quantity = read_quantity(str(step))
        width = quantity.value if quantity else Decimal(0)
        lower = Decimal(str(value)) * _scale(unit)
        yield Compare(of, Relation.LEAST, _number(lower, unit))
        yield Compare(of, Relation.LESS, _number(lower + width, unit))
    else:
        yield Compare(key, Relation.EQUAL, _number(Decimal(str(value)) * _scale(unit), unit))


def _scale(unit: str) -> Decimal:
    return UNITS[unit].scale if unit in UNITS else Decimal(1)


def _number(value: Decimal, unit: str) -> Number:
    return Number(print_quantity(value, UNITS[unit]) if unit in UNITS else format(value.normalize(), "f"))
