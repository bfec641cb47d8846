"""Conditions that are looked up where they speak of, in spans of invocations or in resources, and leave ids only."""

from __future__ import annotations

from mendline.query import Source
from mendline.store.plans.columns import Need
from mendline.store.plans.terms import Terms
from mendline.store.statements import sql_of

NEAR = sql_of("sql/parts", "spans_near")
"""The condition of spans that may belong to rows of the range: those that began an hour before or after it, too."""


def spans_of_invocations(terms: Terms, also: str = "") -> str:
    """The spans of invocations near the range, with what `terms` take from them as columns. `also` is of narrowing."""
    columns = "".join(f", {sql} AS `{name}`" for (place, sql), name in terms.joined.items() if place == "s")
    shown = f"SELECT s.trace_id AS trace_id, s.span_id AS span_id, s.service AS service{columns}"
    rows = f"FROM spans AS s WHERE function != '' AND {NEAR}{also}"
    if Need.RESOURCE not in terms.needs:
        return f"{shown} {rows}"  # in one select, so that only the keys that are asked for are read of maps
    return (
        f"{shown} FROM (SELECT trace_id, span_id, service, resource_id, attributes {rows}) AS s"
        " ANY LEFT JOIN resources AS q ON s.resource_id = q.resource_id"
    )


def resources(terms: Terms) -> str:
    """Resources, with what `terms` take from them as columns."""
    columns = "".join(f", {sql} AS `{name}`" for (place, sql), name in terms.joined.items() if place == "q")
    return f"SELECT resource_id{columns} FROM resources AS q"


def ids_where(condition: str, terms: Terms, also: str = "") -> str:
    """Rows whose span, or whose resource, fulfils a condition that `terms` compiled. `also` is of narrowing."""
    if terms.source is Source.INVOCATIONS:
        return (
            f"((r.trace_id, r.span_id) IN (SELECT trace_id, span_id FROM ({spans_of_invocations(terms, also)}) AS s"
            f" WHERE {condition}))"
        )
    return f"(r.resource_id IN (SELECT resource_id FROM ({resources(terms)}) AS q WHERE {condition}))"
