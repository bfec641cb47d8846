"""Aggregates of a plan as SQL over the rows of a group. Spans that stand for several, by sampling, count as so many."""

from __future__ import annotations

from mendline.errors import StoreError
from mendline.query import Source, plan
from mendline.query.types import Kind
from mendline.store.plans.terms import Terms, kind_of

_MOST_IN_A_ROW = 10_000
_CHOOSING = {"first": "argMinIf", "last": "argMaxIf"}
_END_NS = {
    Source.INVOCATIONS: "toInt64(toUnixTimestamp64Nano(r.start) + r.duration_ns)",
    Source.OPERATIONS: "toInt64(toUnixTimestamp64Nano(r.start) + r.duration_ns)",
    Source.TRACES: "toInt64(toUnixTimestamp64Nano(r.began))",
    Source.LOGS: "toUnixTimestamp64Nano(r.time)",
    Source.METRICS: "toUnixTimestamp64Nano(r.time)",
    Source.FUNCTIONS: "0",
}


def aggregated(aggregate: plan.Aggregate, terms: Terms, window_ns: str = "") -> str:
    """The SQL of one aggregate. `window_ns` is the length of what is aggregated, for rates; else the range's."""
    condition = terms.condition(aggregate.condition) if aggregate.condition else ""
    match aggregate.function:
        case "count":
            return _count(terms, condition)
        case "rate":
            length = window_ns or "({end_ns:Int64} - {start_ns:Int64})"
            return f"({_count(terms, condition)} / ({length} / 1e9))"
        case "ratio":
            return f"({_count(terms, condition)} / nullIf({_count(terms, '')}, 0))"
        case "consecutive":
            return _consecutive(terms, condition)
    if aggregate.argument is None:
        raise StoreError(f"The aggregate {aggregate.function} lacks its argument; this is a fault of Mendline.")
    if aggregate.function in ("distinct", "first", "last"):
        return _of_values(aggregate.function, aggregate.argument, terms)
    return _of_numbers(aggregate, terms.number(aggregate.argument), terms)


def _count(terms: Terms, condition: str) -> str:
    if terms.source is Source.OPERATIONS:
        return f"toUInt64(round(sumIf(r.weight, {condition or '1'})))"
    return f"countIf({condition})" if condition else "count()"


def _of_numbers(aggregate: plan.Aggregate, number: str, terms: Terms) -> str:
    weighed = terms.source is Source.OPERATIONS
    match aggregate.function:
        case "sum":
            return f"sum({number} * r.weight)" if weighed else f"sum({number})"
        case "avg":
            if weighed:
                return f"(sum({number} * r.weight) / nullIf(sumIf(r.weight, isNotNull({number})), 0))"
            return f"avgOrNull({number})"
        case "min" | "max":
            return f"{aggregate.function}OrNull({number})"
        case "percentile":
            return f"quantileExactInclusiveOrNull({aggregate.quantile!r})({number})"
    raise StoreError(f"The store has no aggregate '{aggregate.function}'; this is a fault of Mendline.")


def _of_values(function: str, argument: plan.Value, terms: Terms) -> str:
    if terms.is_array(argument):
        several = terms.array(argument)
        if function == "distinct":
            return f"uniqExactArray({several})"
        value, has_value = f"{several}[1]", f"notEmpty({several})"
        return f"{_CHOOSING[function]}({value}, {_END_NS[terms.source]}, {has_value})"
    value = terms.value(argument)
    has_value = f"{value} != ''" if kind_of(argument) in (Kind.TEXT, Kind.ANY) else f"isNotNull({value})"
    if function == "distinct":
        return f"uniqExactIf({value}, {has_value})"
    return f"{_CHOOSING[function]}({value}, {_END_NS[terms.source]}, {has_value})"


def _consecutive(terms: Terms, condition: str) -> str:
    """The length of the run of rows, newest first by end, for which the condition holds; at most 10,000."""
    newest = f"groupArraySorted({_MOST_IN_A_ROW})((-{_END_NS[terms.source]}, {condition}))"
    first_other = f"toInt64(arrayFirstIndex(it -> NOT it.2, {newest}))"
    return f"if({first_other} = 0, toInt64(length({newest})), {first_other} - 1)"
