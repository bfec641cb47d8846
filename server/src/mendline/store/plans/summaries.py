"""Calls whose spans stayed behind: the summary of their invocation tells how many there were of each resource."""

from __future__ import annotations

from mendline.query import Plan, Source, plan
from mendline.query.plan import parts_of

_TOLD = frozenset({
    "service", "function", "account", "region", "project", "resource", "resource.type", "resource.name",
    "resource.operation", "error", "time",
})  # fmt: skip
_COUNTING = ("count", "rate", "ratio")
_OF_DURATION = ("sum", "avg", "percentile")
_LOOKS_INSIDE = (plan.Attribute, plan.FullText, plan.Through)


def are_told(asked: Plan, aggregates: tuple[plan.Aggregate, ...]) -> bool:
    """Whether summaries tell all that a plan asks of calls, which then are counted exactly; else those whose spans
    were sent stand for the others."""
    if asked.source is not Source.OPERATIONS or not all(map(_is_told, aggregates)):
        return False
    parts = [*parts_of((asked.filter, asked.keys, tuple(each.condition for each in aggregates)))]
    columns = {part.key for part in parts if isinstance(part, plan.Column)}
    return columns <= _TOLD and not any(isinstance(part, _LOOKS_INSIDE) for part in parts)


def _is_told(aggregate: plan.Aggregate) -> bool:
    of = aggregate.argument
    of_duration = isinstance(of, plan.Column) and of.key == "duration"
    return aggregate.function in _COUNTING or (aggregate.function in _OF_DURATION and of_duration)
