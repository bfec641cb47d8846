"""The unit of a metric's value, where the filter says which metric it is."""

from __future__ import annotations

from mendline.model.metric_names import DLQ_MESSAGES_VISIBLE, DYNAMODB_STREAMS_ITERATOR_AGE, mapped_metrics, our_name
from mendline.query.known import Known
from mendline.query.syntax import And, Compare, Name, Node, OneOf, Relation, Text
from mendline.query.units import BYTE, MILLISECONDS, NUMBER, PERCENT, SECONDS, UNITS, Unit

_UCUM: dict[str, Unit] = {"ms": MILLISECONDS, "s": SECONDS, "us": UNITS["us"], "ns": UNITS["ns"], "min": UNITS["m"],
                          "h": UNITS["h"], "d": UNITS["d"], "By": BYTE, "KiBy": UNITS["KB"], "MiBy": UNITS["MB"],
                          "GiBy": UNITS["GB"], "%": PERCENT, "1": NUMBER, "": NUMBER}  # fmt: skip


def _ours() -> dict[str, str]:
    named = (our_name(*metric) for metric in mapped_metrics())
    return {name.name: name.unit for name in (*named, DLQ_MESSAGES_VISIBLE, DYNAMODB_STREAMS_ITERATOR_AGE) if name}


OUR_METRICS = _ours()
"""Names of the metrics that are ours, with their UCUM units."""


def metric_unit(filter_: Node | None, known: Known) -> Unit | None:
    """The unit that all metrics have which a filter lets through; None where that cannot be said."""
    units = {_unit(name, known) for name in _names(filter_)}
    return units.pop() if len(units) == 1 else None


def _names(filter_: Node | None) -> tuple[str, ...]:
    terms = filter_.terms if isinstance(filter_, And) else (filter_,)
    for term in terms:
        if (
            not isinstance(term, (Compare, OneOf))
            or not isinstance(term.left, Name)
            or term.left.name.lower() not in _NAME
        ):
            continue
        if isinstance(term, Compare) and term.relation is Relation.EQUAL and isinstance(term.right, Text):
            return (term.right.value,)
        if isinstance(term, OneOf) and not term.negated and all(isinstance(value, Text) for value in term.values):
            return tuple(value.value for value in term.values if isinstance(value, Text))
    return ()


_NAME = frozenset({"name", "metric", "metricname", "__name__"})


def _unit(name: str, known: Known) -> Unit | None:
    ucum = OUR_METRICS.get(name) or known.metric_units.get(name)
    if ucum is None:
        return None
    return NUMBER if ucum.startswith("{") else _UCUM.get(ucum)
