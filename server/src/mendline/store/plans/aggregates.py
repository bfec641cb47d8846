"""Aggregates of a plan as SQL over the rows of a group. Rows that stand for several, by sampling, count as so many."""

from __future__ import annotations

from mendline.errors import StoreError
from mendline.query import Source, plan
from mendline.query.types import Kind
from mendline.store.plans.conditions import condition_sql
from mendline.store.plans.terms import Terms, kind_of

_MOST_IN_A_ROW = 10_000
_CHOOSING = {"first": "argMinOrNullIf", "last": "argMaxOrNullIf"}


def aggregated(aggregate: plan.Aggregate, terms: Terms, window_ns: str = "", only: str = "") -> str:
    """The SQL of one aggregate, of those rows `only` that fulfil a condition. `window_ns` is the length of what is
    aggregated, for rates; else the range's."""
    condition = condition_sql(aggregate.condition, terms) if aggregate.condition else ""
    both = " AND ".join(filter(None, (only, condition)))
    match aggregate.function:
        case "count":
            count = _count(terms, both)
            return f"toUInt64(floor({count} + 0.5))" if terms.source is Source.OPERATIONS else count
        case "rate":
            length = window_ns or "({end_ns:Int64} - {start_ns:Int64})"
            return f"({_count(terms, both)} / ({length} / 1e9))"
        case "ratio":
            return f"({_count(terms, both)} / nullIf({_count(terms, only)}, 0))"
        case "consecutive":
            return _consecutive(terms, condition, only)
    if aggregate.argument is None:
        raise StoreError(f"The aggregate {aggregate.function} lacks its argument; this is a fault of Mendline.")
    if aggregate.function in ("distinct", "first", "last"):
        return _of_values(aggregate.function, aggregate.argument, terms, only)
    return _of_numbers(aggregate, terms.number(aggregate.argument), terms, only)


_WEIGHTS = {Source.OPERATIONS: "r.weight", Source.INVOCATIONS: "r.stands_for"}
"""How many a row stands for; that of invocations is a whole number."""


def _count(terms: Terms, condition: str) -> str:
    weight = _WEIGHTS.get(terms.source)
    if weight:
        return _call("sum", weight, condition)
    return f"countIf({condition})" if condition else "count()"


def _call(function: str, arguments: str, only: str, level: str = "") -> str:
    """An aggregate function of all rows, or of those only that fulfil a condition."""
    return f"{function}If{level}({arguments}, {only})" if only else f"{function}{level}({arguments})"


def _of_numbers(aggregate: plan.Aggregate, number: str, terms: Terms, only: str) -> str:
    weight = _WEIGHTS.get(terms.source)
    match aggregate.function:
        case "sum":
            return f"ifNull({_call('sum', f'({number}) * {weight}' if weight else number, only)}, 0)"
        case "avg":
            if weight:
                has_number = " AND ".join(filter(None, (only, f"isNotNull({number})")))
                total = _call("sum", f"({number}) * {weight}", only)
                return f"({total} / nullIf(sumIf({weight}, {has_number}), 0))"
            return _call("avgOrNull", number, only)
        case "min" | "max":
            return _call(f"{aggregate.function}OrNull", number, only)
        case "percentile" if weight:
            if terms.source is Source.OPERATIONS:
                weight = f"toUInt64(floor(r.{'sampled' if terms.has_summaries else 'weight'} + 0.5))"
            of = f"{number}, {weight}"
            return _call("quantileExactWeightedInterpolatedOrNull", of, only, f"({aggregate.quantile!r})")
        case "percentile":
            return _call("quantileExactInclusiveOrNull", number, only, f"({aggregate.quantile!r})")
    raise StoreError(f"The store has no aggregate '{aggregate.function}'; this is a fault of Mendline.")


def _of_values(function: str, argument: plan.Value, terms: Terms, only: str) -> str:
    """Of those that a row has several of, distinct counts each, and first and last take the first."""
    value = terms.number(argument) if kind_of(argument) is Kind.TIME else terms.value(argument)
    if terms.is_array(argument):
        if function == "distinct":
            return _call("uniqExactArray", value, only)
        value, has_value = f"{value}[1]", f"notEmpty({value})"
    elif kind_of(argument) in (Kind.TEXT, Kind.ANY) and not _is_number(argument):
        has_value = f"{value} != ''"
    else:
        has_value = f"isNotNull({value})"
    has_value = f"{only} AND {has_value}" if only else has_value
    if function == "distinct":
        return f"uniqExactIf({value}, {has_value})"
    return f"{_CHOOSING[function]}({value}, ({terms.began_ns()}, {value}), {has_value})"


def _is_number(argument: plan.Value) -> bool:
    """Whether it is a number though its unit is not known: the value of a metric."""
    return isinstance(argument, plan.Column) and kind_of(argument) is Kind.ANY


def _consecutive(terms: Terms, condition: str, only: str) -> str:
    """The length of the run of rows, newest first by end, for which the condition holds; at most 10,000. Of rows that
    end at once, those come first for which it does not hold."""
    newest = _call("groupArraySorted", f"(-{terms.ended_ns()}, {condition})", only, f"({_MOST_IN_A_ROW})")
    first_other = f"toInt64(arrayFirstIndex(it -> NOT it.2, {newest}))"
    return f"if({first_other} = 0, toInt64(length({newest})), {first_other} - 1)"
