"""Which functions are off their usual in the last hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from mendline.insight.asked import ask
from mendline.insight.evaluations import Question, evaluations_of
from mendline.insight.learned_series import Group
from mendline.insight.usual import UsualOfGroups, usual_of_groups, with_calls
from mendline.model.function import FunctionId
from mendline.model.off_usual import OffUsual, OffUsuals
from mendline.query import plan, read_query
from mendline.query.spelling import value_text
from mendline.store.contract import TelemetryStore
from mendline.store.plans import groups_statement

MOST_FUNCTIONS = 20
HOUR = timedelta(hours=1)
_ASKED = "| ratio(error), p95(duration), count() by function, account, region | over 1h"
_KINDS = (("errors", 1.0), ("p95", 1e6), ("invocations", 1.0))
_ABOVE_ONLY = frozenset({"errors", "p95"})


def functions_off_usual(
    store: TelemetryStore, functions: Sequence[FunctionId], question: Question, is_late: Callable[[], bool]
) -> OffUsuals:
    """Of these functions, the first 20 at most, or as many as there is time for. What counts is the hour before the end
    of the question's range; its text does not. Fewer errors, or quicker ones, are no news. Raises QueryLimitError,
    StoreError."""
    chosen = list(dict.fromkeys(functions))[:MOST_FUNCTIONS]
    if not chosen:
        return OffUsuals((), 0, 0, 0)
    names = ", ".join(sorted({value_text(each.name) for each in chosen}))
    asked = read_query(f"function in ({names}) {_ASKED}").plan
    span, steps = evaluations_of(asked, question)
    wanted = tuple(output.value for output in asked.columns)
    rows = {tuple(row[:3]): row[3:] for row in ask(store, groups_statement(with_calls(asked), span, steps))}
    calls = {group: {0: float(row[len(wanted) - 1])} for group, row in rows.items()}
    usual = usual_of_groups(store, asked, question, wanted, span, steps, calls)
    found: list[OffUsual] = []
    learning = looked_at = 0
    for function in chosen:
        if is_late():
            break
        looked_at += 1
        group = (function.name, function.account, function.region)
        learning += not usual.is_known(group)
        found += _off(function, group, rows.get(group, (None, None, 0)), wanted, usual)
    kinds = [kind for kind, _ in _KINDS]
    found.sort(key=lambda one: kinds.index(one.kind))
    return OffUsuals(tuple(found), looked_at, learning, len(set(functions)) - looked_at)


def _off(
    function: FunctionId,
    group: Group,
    row: Sequence[float | None],
    wanted: Sequence[plan.Value],
    usual: UsualOfGroups,
) -> Iterator[OffUsual]:
    for (kind, unit), value, number in zip(_KINDS, wanted, row, strict=False):
        (band,) = usual.bands(value, group)
        if band is None or number is None or band.holds(number) or (kind in _ABOVE_ONLY and number < band.low):
            continue
        yield OffUsual(function, kind, number / unit, band.low / unit, band.high / unit)
