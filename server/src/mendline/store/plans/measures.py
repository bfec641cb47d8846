"""The measures of a heat map as SQL of an invocation: in base units, NULL where it has no value of it."""

from __future__ import annotations

from mendline.model.measure import Bound, Measure
from mendline.query import Source
from mendline.store.costs import COST_WHERE_KNOWN, HAS_COST
from mendline.store.plans.statement import column_of
from mendline.store.plans.terms import Terms

_FIELDS = {"duration": "duration", "memory": "memory.used", "cost": "cost", "wait": "wait.duration"}
# of the timeout; what its own agent did not tell is what its duration left
_HAS_TIMEOUT = "r.timeout_ms != 0"
_REMAINING = (
    "least(1, greatest(0, if(r.remaining_ms > 0, r.remaining_ms, r.timeout_ms - r.duration_ns / 1e6) / r.timeout_ms))"
)
_WHERE_KNOWN = {
    "duration": ("1", "r.duration_ns"), "memory": ("r.memory_used_bytes != 0", "r.memory_used_bytes"),
    "cost": (HAS_COST, COST_WHERE_KNOWN), "wait": ("r.waited_ms != 0", "r.waited_ms * 1e6"),
    "remaining": (_HAS_TIMEOUT, _REMAINING),
}  # fmt: skip


def measured(measure: Measure, terms: Terms) -> str:
    """The value of a measure."""
    field = _FIELDS.get(measure.key)
    return terms.value(column_of(field, Source.INVOCATIONS)) if field else f"if({_HAS_TIMEOUT}, {_REMAINING}, NULL)"


def measured_where_known(measure: Measure) -> tuple[str, str]:
    """Whether an invocation has a value of a measure, and the value, which is never NULL and holds where it has one: of
    millions that costs less."""
    return _WHERE_KNOWN[measure.key]


def within(bound: Bound, terms: Terms) -> list[str]:
    """The conditions of a bound."""
    ends = ((bound.least, ">="), (bound.most, "<="))
    value = measured(bound.measure, terms)
    return [f"{value} {sign} {terms.parameters.number(end)}" for end, sign in ends if end is not None]
