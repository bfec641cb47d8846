"""How the groups of a condition stand at one moment: whether it holds for each, and long enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mendline.errors import UsageError
from mendline.insight.answer_groups import looked_at
from mendline.insight.asked_together import Columns
from mendline.insight.evaluations import Question
from mendline.query import Checked, Plan, Source, plan
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


def standings(
    store: TelemetryStore, asked: Plan, question: Question, columns: Columns | None = None
) -> Sequence[Standing]:
    """Of every group that was seen; `columns` are what was read of those before. Raises as `answer` does."""
    looked = looked_at(store, asked, question, columns)
    size = len(asked.keys)
    return [
        Standing(tuple(shown[:size]), tuple(shown[size:]), now, enough, has_rows)
        for shown, now, enough, has_rows in looked.telling.stood(looked.series)
    ]


def require_condition(checked: Checked, what: str) -> None:
    """Refuse a query that cannot be told to hold or not at one moment, the present; `what` is who needs that. Raises
    UsageError."""
    asked, text = checked.plan, checked.text
    if not asked.is_aggregated or asked.condition is None:
        better = (
            f"{text} | where count() > 0" if asked.is_aggregated else f"{text} | count() | over 5m | where count() > 0"
        )
        raise UsageError(f"{what} needs a condition: which number is too much? For example: {better}")
    if asked.is_series:
        raise UsageError(
            f"{what} is evaluated at one moment: leave `every` out of the query, and say how often beside."
        )
    if asked.range is not None:
        raise UsageError(f"{what} is evaluated at the present: say how far it looks back with `over 10m`.")


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
