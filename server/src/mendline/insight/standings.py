"""How the groups of a condition stand at one moment: whether it holds for each, and long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mendline.insight.answer_groups import looked_at
from mendline.insight.evaluations import Question
from mendline.query import Plan, Source, plan
from mendline.query.fields import find_field
from mendline.query.functions import AGGREGATES
from mendline.store.contract import TelemetryStore


@dataclass(frozen=True, slots=True)
class Standing:
    """`keys` and `values` as an answer gives them. `now`: the condition holds (None: that cannot be told, since what is
    usual is still learned); `enough`: as often as `for` says. `has_rows`: something was seen at the last evaluation."""

    keys: tuple[Any, ...]
    values: tuple[Any, ...]
    now: bool | None
    enough: bool
    has_rows: bool


def standings(store: TelemetryStore, asked: Plan, question: Question) -> Sequence[Standing]:
    """Of every group that was seen. Raises as `answer` does."""
    looked = looked_at(store, asked, question)
    size = len(asked.keys)
    return [
        Standing(tuple(shown[:size]), tuple(shown[size:]), now, enough, has_rows)
        for shown, now, enough, has_rows in looked.telling.stood(looked.series)
    ]


def needs_rows(asked: Plan) -> bool:
    """Whether nothing can be said of a group without any row: it has no percentile, while its count is 0."""
    aggregates = [part for part in plan.parts_of(asked.condition) if isinstance(part, plan.Aggregate)]
    return any(each.function not in AGGREGATES or not AGGREGATES[each.function].counts for each in aggregates)


def with_critical(asked: Plan, functions: Sequence[str]) -> Plan:
    """The plan where on functions that fit one of these patterns every failure is final."""
    final, error = (find_field(name, Source.INVOCATIONS) for name in ("final", "error"))
    function = find_field("function", Source.INVOCATIONS)
    if not functions or asked.source is not Source.INVOCATIONS or not (final and error and function):
        return asked
    name = plan.Column(function.key, function.type)
    on_these = plan.Or(tuple(plan.Like(name, pattern) for pattern in functions))
    failed = plan.And((plan.Flag(plan.Column(error.key, error.type)), on_these))
    return replace(asked, filter=_with(asked.filter, final.key, failed))


def _with(condition: plan.Condition | None, key: str, other: plan.Condition) -> plan.Condition | None:
    match condition:
        case plan.Flag(plan.Column(found)) if found == key:
            return plan.Or((condition, other))
        case plan.And(terms):
            return plan.And(tuple(filter(None, (_with(term, key, other) for term in terms))))
        case plan.Or(terms):
            return plan.Or(tuple(filter(None, (_with(term, key, other) for term in terms))))
        case plan.Not(term):
            inner = _with(term, key, other)
            return plan.Not(inner) if inner is not None else condition
    return condition
