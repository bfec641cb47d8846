"""Conditions of a plan as SQL over one row: 1 or 0, never NULL.

What is said of an invocation's span alone, or of a resource alone, is looked up there first and leaves only ids, so
that nothing has to be joined for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mendline.errors import StoreError
from mendline.query import Source, plan
from mendline.query.fields import LEVELS
from mendline.query.syntax import Relation
from mendline.query.types import Kind
from mendline.store.plans import texts
from mendline.store.plans.columns import Need
from mendline.store.plans.elsewhere import ids_where
from mendline.store.plans.narrowing import narrowed
from mendline.store.plans.terms import OF_SPANS, Terms, kind_of, number_in

_IDS = {"trace_id": 16, "span_id": 8}


def condition_sql(condition: plan.Condition, terms: Terms) -> str:
    """A condition of one row."""
    elsewhere = _elsewhere(condition, terms)
    if elsewhere is not None:
        return elsewhere
    match condition:
        case plan.And(several):
            return "(" + " AND ".join(_together(plan.And, several, terms)) + ")"
        case plan.Or(several):
            return "(" + " OR ".join(_together(plan.Or, several, terms)) + ")"
        case plan.Not(term):
            return f"(NOT {condition_sql(term, terms)})"
        case plan.FullText(text):
            return texts.full_text(text, terms)
        case plan.Through(functions):
            terms.through.append(terms.parameters.text(texts.path_regex(functions)))
            return f"arrayExists(path -> match(path, {terms.through[-1]}), r.`paths`)"
        case plan.Compare():
            return _compare(condition, terms)
        case plan.OneOf():
            return _one_of(condition, terms)
        case plan.Exists(of):
            return _exists(of, terms)
    return _of_one_value(condition, terms)


def _together(kind: type[plan.And | plan.Or], several: Sequence[plan.Condition], terms: Terms) -> list[str]:
    """The terms of And or Or; those that are looked up elsewhere are looked up at once."""
    apart = [term for term in several if _place(term, terms) is not None]
    if len(apart) > 1:
        rest = [term for term in several if term not in apart]
        several = [kind(tuple(apart)), *rest]
    return [condition_sql(term, terms) for term in several]


# -- what is looked up elsewhere -----------------------------------------------------------------------------------


def _place(condition: plan.Condition, terms: Terms) -> Need | None:
    """Where all is that a condition speaks of, if that is not the row itself: an invocation's span, or a resource."""
    if any(isinstance(part, (plan.FullText, plan.Through, plan.Aggregate)) for part in plan.parts_of(condition)):
        return None
    used = Terms(terms.source, terms.parameters, terms.now_ns)
    for part in plan.parts_of(condition):
        if isinstance(part, (plan.Column, plan.Attribute)):
            used.value(part)
    if terms.source is Source.INVOCATIONS and used.needs and used.needs <= OF_SPANS:
        return Need.SPAN
    return Need.RESOURCE if used.needs == {Need.RESOURCE} else None


def _elsewhere(condition: plan.Condition, terms: Terms) -> str | None:
    """A condition as one of ids; None where it cannot be. Rows without a span fulfil what holds for nothing."""
    if _place(condition, terms) is None:
        return None
    there = Terms(terms.source, terms.parameters, terms.now_ns)
    if _holds_for_nothing(condition):
        return f"(NOT {ids_where(f'NOT {_inside(condition, there)}', there)})"
    return ids_where(_inside(condition, there), there, narrowed(condition, terms.source, terms.parameters))


def _inside(condition: plan.Condition, there: Terms) -> str:
    match condition:
        case plan.And(several):
            return "(" + " AND ".join(_inside(term, there) for term in several) + ")"
        case plan.Or(several):
            return "(" + " OR ".join(_inside(term, there) for term in several) + ")"
        case plan.Not(term):
            return f"(NOT {_inside(term, there)})"
        case plan.Compare():
            return _compare(condition, there)
        case plan.OneOf():
            return _one_of(condition, there)
        case plan.Exists(of):
            return _exists(of, there)
    return _of_one_value(condition, there)


def _holds_for_nothing(condition: plan.Condition) -> bool:
    """Whether it holds where nothing has a value."""
    match condition:
        case plan.And(several):
            return all(map(_holds_for_nothing, several))
        case plan.Or(several):
            return any(map(_holds_for_nothing, several))
        case plan.Not(term):
            return not _holds_for_nothing(term)
        case plan.Compare(_, relation, plan.Constant(value)) if isinstance(value, str):
            return (value == "") is (relation is Relation.EQUAL)
        case plan.Compare(_, relation, _):
            return relation is Relation.UNEQUAL
        case plan.Like(_, pattern):
            return not pattern.strip("*")
        case plan.OneOf(_, values):
            return any(constant.value == "" for constant in values)
    return False


# -- one value -----------------------------------------------------------------------------------------------------


def _of_one_value(condition: plan.Condition, terms: Terms) -> str:
    match condition:
        case plan.Flag(of):
            return _any(of, lambda sql: f"({sql} IN ('true', '1'))" if terms.is_array(of) else f"toBool({sql})", terms)
        case plan.Like(of, pattern):
            like = terms.parameters.text(texts.like(pattern))
            return _any(of, lambda sql: f"({sql} LIKE {like})", terms)
        case plan.Matches(of, regex):
            expression = terms.parameters.text(regex)
            return _any(of, lambda sql: f"({sql} != '' AND match({sql}, {expression}))", terms)
        case plan.AtLeast(of, value):
            levels = ", ".join(f"'{level}'" for level in LEVELS)
            least = LEVELS.index(value) + 1
            return _any(of, lambda sql: f"(indexOf([{levels}], {sql}) >= {least})", terms)
    raise StoreError(f"The store has no way to compute {type(condition).__name__} for each row of {terms.source}.")


def _compare(compare: plan.Compare, terms: Terms) -> str:
    relation, left, right = str(compare.relation), compare.left, compare.right
    if relation == Relation.UNEQUAL:
        return f"(NOT {_compare(plan.Compare(left, Relation.EQUAL, right), terms)})"
    if isinstance(right, plan.Constant) and isinstance(right.value, str):
        return _is_text(left, right.value, terms)
    if isinstance(left, plan.Attribute) and left.many:
        number = f"({number_in('x')} * {float(left.type.unit.scale)!r})"
        return f"arrayExists(x -> ifNull({number} {relation} {terms.number(right)}, 0), {terms.value(left)})"
    if kind_of(left) is kind_of(right) is Kind.TIME:
        return f"ifNull({terms.value(left)} {relation} {terms.value(right)}, 0)"
    return f"ifNull({terms.number(left)} {relation} {terms.number(right)}, 0)"


def _is_text(left: plan.Value, text: str, terms: Terms) -> str:
    """A value is equal to a text. Ids are compared as the bytes that they are, for the sake of their index."""
    if isinstance(left, plan.Column) and left.type.kind is Kind.ANY:  # the value of a metric that is not known
        return f"ifNull({terms.value(left)} = {number_in(terms.parameters.text(text))}, 0)"
    length = _IDS.get(left.key, 0) if isinstance(left, plan.Column) and terms.source is not Source.TRACES else 0
    if length and text:
        terms.value(left)
        return f"(r.{left.key} = {_bytes(text, length, terms)})" if is_hex(text, length) else "0"  # type: ignore[union-attr]
    wanted = terms.parameters.text(text)
    return _any(left, lambda sql: f"({sql} = {wanted})", terms)


def _bytes(text: str, length: int, terms: Terms) -> str:
    return f"toFixedString(unhex({terms.parameters.text(text)}), {length})"


def is_hex(text: str, length: int) -> bool:
    """Whether a text is so many bytes in small hexadecimal digits, not all zeros."""
    return len(text) == 2 * length and not set(text) - set("0123456789abcdef") and bool(text.strip("0"))


def _one_of(one_of: plan.OneOf, terms: Terms) -> str:
    values = [constant.value for constant in one_of.values]
    if isinstance(one_of.of, plan.Column) and one_of.of.type.kind is Kind.ANY:
        return "(" + " OR ".join(_is_text(one_of.of, str(value), terms) for value in values) + ")"
    if all(isinstance(value, str) for value in values):
        list_ = terms.parameters.texts([str(value) for value in values])
        return _any(one_of.of, lambda sql: f"has({list_}, toString({sql}))", terms)
    list_ = terms.parameters.numbers([float(value) for value in values])
    if isinstance(one_of.of, plan.Attribute) and one_of.of.many:
        number = f"({number_in('x')} * {float(one_of.of.type.unit.scale)!r})"
        return f"arrayExists(x -> has({list_}, ifNull({number}, nan)), {terms.value(one_of.of)})"
    return f"has({list_}, ifNull(toFloat64({terms.number(one_of.of)}), nan))"


def _exists(of: plan.Value, terms: Terms) -> str:
    if terms.is_array(of):
        return f"notEmpty({terms.value(of)})"
    if isinstance(of, plan.Attribute):
        return f"({terms.text_of(of)} != '')"
    if kind_of(of) is Kind.TEXT:
        return f"({terms.value(of)} != '')"
    return f"isNotNull({terms.value(of)})"


def _any(value: plan.Value, holds: Callable[[str], str], terms: Terms) -> str:
    """A condition on a text; of several, or of an attribute that is a list of texts, on any of them."""
    if isinstance(value, plan.Column) and value.type.kind is Kind.ANY:
        return f"ifNull({holds(f'toString({terms.value(value)})')}, 0)"
    if not isinstance(value, plan.Attribute) or value.type.kind not in (Kind.TEXT, Kind.ANY):
        return (
            f"arrayExists(x -> {holds('x')}, {terms.value(value)})"
            if terms.is_array(value)
            else holds(terms.value(value))
        )
    listed = "arrayExists(item -> {}, JSONExtract({}, 'Array(String)'))"
    if value.many:
        array = f"if(empty({terms.value(value)}), [''], {terms.value(value)})"
        return (
            f"arrayExists(x -> {holds('x')} OR (startsWith(x, '[\"') AND {listed.format(holds('item'), 'x')}), {array})"
        )
    text = terms.value(value)
    return f"({holds(text)} OR (startsWith({text}, '[\"') AND {listed.format(holds('item'), text)}))"
