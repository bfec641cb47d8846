"""Asks the store once for what the conditions of several policies read of the same rows at the same moment."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

from mendline.errors import MendlineError
from mendline.insight.asked import ask_columns
from mendline.insight.evaluations import Question, evaluations_of
from mendline.insight.usual import wanted_usual, with_calls
from mendline.query import Plan
from mendline.store.contract import TelemetryStore
from mendline.store.plans import MOST_GROUPS, aggregates_of
from mendline.store.plans.together import likeness, statement_together

MOST_TOGETHER = 128
_HEAVY = ("percentile", "distinct", "consecutive")  # keep the values of all rows while they are read
_HEAVY_WEIGHT = 4
Columns = Sequence[Sequence[Any]]


def asked_of_store(asked: Plan) -> Plan:
    """What the store is asked for a plan: with how many rows each group has, where that is to be told."""
    return with_calls(asked) if wanted_usual(asked) else asked


def kind_of_reading(asked: Plan, question: Question) -> Hashable | None:
    """The same for what can be read together; None for what is read alone."""
    span, steps = evaluations_of(asked, question)
    if steps is not None:
        return None
    like = likeness(asked_of_store(asked), span)
    return None if like is None else (span.end_ns - span.start_ns, like)


def weight_of(asked: Plan) -> int:
    """How much of MOST_TOGETHER a plan takes of one read."""
    return sum(_HEAVY_WEIGHT if each.function in _HEAVY else 1 for each in aggregates_of(asked_of_store(asked)))


def asked_together(
    store: TelemetryStore, question: Question, kind: Hashable, plans: Iterable[Plan], apart: set[Hashable]
) -> Mapping[Plan, Columns]:
    """What the own statement of each plan would answer, for plans of one kind, of which there are several. `apart` are
    kinds that cannot be read so, and is the caller's to keep: a kind of which this fails is read alone from then on."""
    asked = {plan: asked_of_store(plan) for plan in plans}
    if kind in apart or len(asked) < 2:
        return {}
    span, _ = evaluations_of(next(iter(asked)), question)
    together = statement_together(list(asked.values()), span)
    try:
        found = ask_columns(store, together.statement)
    except MendlineError:
        found = None
    if found is None or (found and len(found[0]) > MOST_GROUPS):
        apart.add(kind)
        return {}
    return dict(zip(asked, together.columns_of(found), strict=True))
