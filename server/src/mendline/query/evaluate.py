"""What a plan says of a group once its keys and aggregates are known: arithmetic, conditions, order. Pure.

A plan is looked through once, for functions of a row; there may be many rows.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from mendline.model.band import Band
from mendline.query import plan
from mendline.query.globs import fits
from mendline.query.syntax import Relation

_Sorted = TypeVar("_Sorted")
Row = tuple[Any, ...]
"""Values of keys and aggregates, in base units; None where there is none."""
Truth = bool | None
"""None is not known: what is usual has not been learned."""
Getter = Callable[[Row], Any]
Test = Callable[[Row], Truth]
UsualOf = Callable[[plan.Value, Row], Band | None]
"""What is usual for a value of a group; None while it is not known."""

_RELATIONS: dict[Relation, Callable[[Any, Any], bool]] = {
    Relation.EQUAL: operator.eq,
    Relation.UNEQUAL: operator.ne,
    Relation.MORE: operator.gt,
    Relation.LEAST: operator.ge,
    Relation.LESS: operator.lt,
    Relation.MOST: operator.le,
}
_MORE, _LESS = frozenset({Relation.MORE, Relation.LEAST}), frozenset({Relation.LESS, Relation.MOST})
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class NotLearnedError(Exception):
    """A value is what is usual, and that is not known yet."""


def nothing_usual(of: plan.Value, row: Row) -> Band | None:
    """Nothing is known of what is usual."""
    return None


class Evaluator:
    """Functions of rows. `places` says where in a row the values of keys and aggregates stand, and `usual` what is
    usual."""

    def __init__(self, places: Mapping[plan.Value, int], usual: UsualOf = nothing_usual) -> None:
        self._places, self._usual = places, usual

    def value(self, value: plan.Value) -> Getter:
        """A value of a group; None where it has none. What it answers raises NotLearnedError."""
        if value in self._places:
            return operator.itemgetter(self._places[value])
        match value:
            case plan.Constant(constant):
                return lambda row: constant
            case plan.Arithmetic(sign, left, right):
                one, other = self.value(left), self.value(right)
                return lambda row: _computed(sign, one(row), other(row))
            case plan.Bucket(operand, step):
                return _cut_down(self.value(operand), step)
            case plan.Usual(of):
                return lambda row: self._band(of, row).middle
        raise TypeError(f"{value!r} is neither a key nor an aggregate of the query")

    def test(self, condition: plan.Condition) -> Test:
        """Whether a condition holds for a group, in the logic of three values. What has no value fulfils nothing
        but !=."""
        match condition:
            case plan.And(terms):
                tests = [self.test(term) for term in terms]
                return lambda row: _all([test(row) for test in tests])
            case plan.Or(terms):
                tests = [self.test(term) for term in terms]
                return lambda row: _opposite(_all([_opposite(test(row)) for test in tests]))
            case plan.Not(term):
                inner = self.test(term)
                return lambda row: _opposite(inner(row))
        simple = self._simple(condition)

        def test(row: Row) -> Truth:
            try:
                return simple(row)
            except NotLearnedError:
                return None

        return test

    def ordered(self, rows: Sequence[Row], order: Sequence[plan.Order]) -> list[Row]:
        """Rows in an order; what has no value comes last, whichever way the order goes."""
        found = list(rows)
        for key in reversed(order):
            found = sorted_by(self.value(key.value), found, descending=key.descending)
        return found

    def _simple(self, condition: plan.Condition) -> Callable[[Row], bool]:
        match condition:
            case plan.Flag(of):
                value = self.value(of)
                return lambda row: bool(value(row))
            case plan.OutsideUsual(of):
                value = self.value(of)
                return lambda row: (found := value(row)) is not None and not self._band(of, row).holds(found)
            case plan.Compare(left, relation, right) if relation in _MORE | _LESS and _is_with_usual(left, right):
                return self._comparing_with_usual(left, relation, right)
            case plan.Compare(left, relation, right):
                return _comparing(self.value(left), relation, self.value(right))
            case plan.Like(of, pattern):
                value = self.value(of)
                return lambda row: (text := value(row)) is not None and fits(pattern, str(text))
            case plan.OneOf(of, values):
                value, listed = self.value(of), {constant.value for constant in values}
                return lambda row: value(row) in listed
            case plan.Exists(of):
                value = self.value(of)
                return lambda row: value(row) not in (None, "")
        raise TypeError(f"{type(condition).__name__} is no condition of a group")

    def _band(self, of: plan.Value, row: Row) -> Band:
        band = self._usual(of, row)
        if band is None:
            raise NotLearnedError
        return band

    def _comparing_with_usual(self, left: plan.Value, relation: Relation, right: plan.Value) -> Callable[[Row], bool]:
        """A comparison of a value with a bound made of what is usual for it. By chance alone it does not come out as it
        never does while all is usual: beyond the bound a value must also be outside of the band."""
        value, bound, compare = self.value(left), self.value(right), _RELATIONS[relation]

        def holds(row: Row) -> bool:
            one, other = value(row), bound(row)
            if one is None or other is None:
                return False
            band, told = self._band(left, row), compare(one, other)
            if relation in _MORE:
                return told and one > band.high if other >= band.middle else told or one >= band.low
            return told and one < band.low if other <= band.middle else told or one <= band.high

        return holds


def sorted_by(value: Callable[[_Sorted], Any], all_: Sequence[_Sorted], *, descending: bool) -> list[_Sorted]:
    """What has no value comes last, whichever way the order goes; what is equal stays as it was."""
    values = list(map(value, all_))
    if None not in values:
        return sorted(all_, key=value, reverse=descending)
    having = [one for one, its in zip(all_, values, strict=True) if its is not None]
    without = [one for one, its in zip(all_, values, strict=True) if its is None]
    return sorted(having, key=value, reverse=descending) + without


def _is_with_usual(left: plan.Value, right: plan.Value) -> bool:
    return any(isinstance(part, plan.Usual) and part.of == left for part in plan.parts_of(right))


def _cut_down(operand: Getter, step: float) -> Getter:
    def cut_down(row: Row) -> Any:
        number = operand(row)
        return None if number is None else math.floor(number / step) * step

    return cut_down


def _comparing(left: Getter, relation: Relation, right: Getter) -> Callable[[Row], bool]:
    compare = _RELATIONS[relation]

    def holds(row: Row) -> bool:
        one, other = left(row), right(row)
        if one is None or other is None:
            return relation is Relation.UNEQUAL and other is not None
        return compare(one, other)

    return holds


def _computed(sign: str, left: Any, right: Any) -> Any:
    if left is None or right is None:
        return None
    if sign == "/":
        return left / right if right else None
    return _OPERATORS[sign](left, right)


def _all(truths: Sequence[Truth]) -> Truth:
    if any(truth is False for truth in truths):
        return False
    return None if any(truth is None for truth in truths) else True


def _opposite(truth: Truth) -> Truth:
    return None if truth is None else not truth
