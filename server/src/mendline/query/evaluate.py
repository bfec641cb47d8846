"""What a plan says of a group once its keys and aggregates are known: arithmetic, conditions, order. Pure."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mendline.query import plan
from mendline.query.globs import fits
from mendline.query.syntax import Relation

Known = Mapping[plan.Value, Any]
"""Values of keys and aggregates, in base units; None where there is none."""
Truth = bool | None
"""None is not known: what is usual has not been learned."""

_RELATIONS: dict[Relation, Callable[[Any, Any], bool]] = {
    Relation.EQUAL: operator.eq,
    Relation.UNEQUAL: operator.ne,
    Relation.MORE: operator.gt,
    Relation.LEAST: operator.ge,
    Relation.LESS: operator.lt,
    Relation.MOST: operator.le,
}
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class NotLearnedError(Exception):
    """A value is what is usual, and that is not known yet."""


def value_of(value: plan.Value, known: Known) -> Any:
    """A value of a group; None where it has none. Raises NotLearnedError."""
    if value in known:
        return known[value]
    match value:
        case plan.Constant(constant):
            return constant
        case plan.Arithmetic(sign, left, right):
            return _computed(sign, value_of(left, known), value_of(right, known))
        case plan.Bucket(operand, step):
            number = value_of(operand, known)
            return None if number is None else math.floor(number / step) * step
        case plan.Usual():
            raise NotLearnedError
    raise TypeError(f"{value!r} is neither a key nor an aggregate of the query")


def holds(condition: plan.Condition, known: Known) -> Truth:
    """Whether a condition holds for a group, in the logic of three values. What has no value fulfils nothing but !=."""
    match condition:
        case plan.And(terms):
            return _all([holds(term, known) for term in terms])
        case plan.Or(terms):
            told = _all([_opposite(holds(term, known)) for term in terms])
            return _opposite(told)
        case plan.Not(term):
            return _opposite(holds(term, known))
        case plan.OutsideUsual():
            return None
    try:
        return _simple(condition, known)
    except NotLearnedError:
        return None


def ordered(rows: Sequence[Known], order: Sequence[plan.Order]) -> list[Known]:
    """Rows in an order; what has no value comes last, whichever way the order goes."""

    def compare(left: Known, right: Known) -> int:
        for key in order:
            one, other = value_of(key.value, left), value_of(key.value, right)
            if one == other:
                continue
            if one is None or other is None:
                return 1 if one is None else -1
            return (1 if one > other else -1) * (-1 if key.descending else 1)
        return 0

    return sorted(rows, key=functools.cmp_to_key(compare))


def _simple(condition: plan.Condition, known: Known) -> bool:
    match condition:
        case plan.Flag(of):
            return bool(value_of(of, known))
        case plan.Compare(left, relation, right):
            one, other = value_of(left, known), value_of(right, known)
            if one is None or other is None:
                return relation is Relation.UNEQUAL and other is not None
            return _RELATIONS[relation](one, other)
        case plan.Like(of, pattern):
            text = value_of(of, known)
            return text is not None and fits(pattern, str(text))
        case plan.OneOf(of, values):
            return value_of(of, known) in {constant.value for constant in values}
        case plan.Exists(of):
            return value_of(of, known) not in (None, "")
    raise TypeError(f"{type(condition).__name__} is no condition of a group")


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
