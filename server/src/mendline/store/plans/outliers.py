"""Samples of the invocations that a query finds, inside and outside of a selection, with all that is told of each."""

from __future__ import annotations

from mendline.model.selection import Selection
from mendline.query import Plan, Source
from mendline.store.plans.elsewhere import NEAR
from mendline.store.plans.measures import within
from mendline.store.plans.origins import origin_of
from mendline.store.plans.statement import Span, Statement, column_of, terms_of, where_of
from mendline.store.plans.terms import Terms

OF_A_MILLION = 1_000_000
MOST_CALLS = 200
"""Calls that are looked at of one trace and service."""
FIELDS = (
    "account", "region", "function", "version", "instance", "trigger", "trigger_source", "cold_start", "error_type",
    "error_kind", "memory_size_bytes", "timeout_ms",
)  # fmt: skip
SAMPLE_COLUMNS = (
    "selected", "id", "trace", "span", "start_ns", "duration_ns", "init_ms", *FIELDS, "attributes", "resource", "calls",
)  # fmt: skip
"""What a row of a sample has; `calls` are (start_ns, duration_ns, type, name, operation) of those of its service."""


def counts_statement(asked: Plan, span: Span, selection: Selection) -> Statement:
    """How many invocations are selected, and how many are not."""
    terms = terms_of(Source.INVOCATIONS, span)
    where, selected = where_of(asked, terms), _selected(selection, terms)
    sql = (
        f"SELECT sumIf(r.sign, {selected}) AS selected, sum(r.sign) - selected AS others\n"
        f"FROM {origin_of(terms, signed=True)}\nWHERE {where}"
    )
    return Statement(sql, terms.parameters.values)


def sample_statement(asked: Plan, span: Span, selection: Selection, of_selected: int, of_others: int) -> Statement:
    """So many of a million selected invocations, and of the others, by a hash of each: always the same ones."""
    terms = terms_of(Source.INVOCATIONS, span)
    parameters = terms.parameters
    where, selected = where_of(asked, terms), _selected(selection, terms)
    fields = ", ".join(f"toString(r.{name}) AS {name}" for name in FIELDS)
    share = f"if({selected}, {parameters.number(of_selected)}, {parameters.number(of_others)})"
    sql = f"""WITH picked AS (
    SELECT {selected} AS selected, if(r.request_id = '', lower(hex(r.span_id)), r.request_id) AS id,
        r.trace_id AS trace_id, r.span_id AS span_id, toUnixTimestamp64Nano(r.start) AS start_ns,
        r.duration_ns AS duration_ns,
        r.init_ms AS init_ms, {fields}
    FROM {origin_of(terms)}
    WHERE {where} AND cityHash64(r.execution, 1) % {OF_A_MILLION} < {share}
)
SELECT p.selected, p.id, lower(hex(p.trace_id)), lower(hex(p.span_id)), p.start_ns, p.duration_ns, p.init_ms,
    {", ".join(f"p.{name}" for name in FIELDS)}, s.attributes, q.resource, c.calls
FROM picked AS p
ANY LEFT JOIN (
    SELECT trace_id, span_id, service, attributes, resource_id FROM spans
    WHERE function != '' AND {NEAR} AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM picked)
) AS s ON p.trace_id = s.trace_id AND p.span_id = s.span_id
ANY LEFT JOIN resources AS q ON s.resource_id = q.resource_id
ANY LEFT JOIN (
    SELECT trace_id, service, groupArray({MOST_CALLS})((toUnixTimestamp64Nano(start), duration_ns,
        toString(resource_type), toString(resource_name), toString(operation))) AS calls
    FROM spans
    WHERE resource_type != '' AND {NEAR} AND trace_id IN (SELECT trace_id FROM picked)
    GROUP BY trace_id, service
) AS c ON s.trace_id = c.trace_id AND s.service = c.service"""
    return Statement(sql, parameters.values)


def _selected(selection: Selection, terms: Terms) -> str:
    began, parameters = "toUnixTimestamp64Nano(r.start)", terms.parameters
    bounds = [condition for bound in selection.bounds for condition in within(bound, terms)]
    if selection.start_ns is not None:
        bounds.append(f"{began} >= {parameters.number(selection.start_ns)}")
    if selection.end_ns is not None:
        bounds.append(f"{began} < {parameters.number(selection.end_ns)}")
    if selection.flag:
        bounds.append(terms.value(column_of(selection.flag, Source.INVOCATIONS)))
    if selection.request_ids:
        bounds.append(f"r.request_id IN {parameters.texts(selection.request_ids)}")
    return f"ifNull({' AND '.join(bounds)}, 0)" if bounds else "1"
