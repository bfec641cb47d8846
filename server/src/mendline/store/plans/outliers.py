"""Samples of the invocations that a query finds, inside and outside of a selection, with all that is told of each."""

from __future__ import annotations

from collections.abc import Sequence

from mendline.model.selection import Selection
from mendline.query import Plan, Source
from mendline.store.plans.elsewhere import NEAR
from mendline.store.plans.measures import within
from mendline.store.plans.origins import origin_of
from mendline.store.plans.parameters import Parameters
from mendline.store.plans.statement import Span, Statement, column_of, terms_of, where_of
from mendline.store.plans.terms import Terms

OF_A_MILLION = 1_000_000
MOST_CALLS = 200
"""Calls that are looked at of one trace and service."""
FIELDS = (
    "account", "region", "function", "version", "instance", "trigger", "trigger_source", "cold_start", "error_type",
    "error_kind", "memory_size_bytes", "timeout_ms",
)  # fmt: skip
PICKED = ("selected", "id", "trace", "span", "start_ns", "duration_ns", "init_ms", *FIELDS)
"""What is told of each that was picked."""


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
    """So many of a million selected invocations, and of the others, by a hash of each: always the same ones. The hash
    is looked at first, and whether what it picks still holds thereafter."""
    terms = terms_of(Source.INVOCATIONS, span)
    parameters = terms.parameters
    where, selected = where_of(asked, terms), _selected(selection, terms)
    fields = ", ".join(f"toString(r.{name})" for name in FIELDS)
    share = f"if({selected}, {parameters.number(of_selected)}, {parameters.number(of_others)})"
    sql = f"""SELECT {selected}, if(r.request_id = '', lower(hex(r.span_id)), r.request_id), lower(hex(r.trace_id)),
    lower(hex(r.span_id)), toUnixTimestamp64Nano(r.start), r.duration_ns, r.init_ms, {fields}
FROM {origin_of(terms, signed=True)}
WHERE cityHash64(r.span_id, r.start, 1) % {OF_A_MILLION} < {share} AND r.sign = 1 AND {where}
    AND (r.execution, r.revision) NOT IN (
        SELECT execution, revision FROM invocations
        WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({{start_ns:Int64}})
            AND start < fromUnixTimestamp64Nano({{end_ns:Int64}}))"""
    return Statement(sql, parameters.values)


def own_spans_statement(span: Span, traces: Sequence[str], spans: Sequence[str]) -> Statement:
    """Trace, span, service, attributes and resource of the invocations with these ids, which belong to one another."""
    parameters = Parameters(start_ns=span.start_ns, end_ns=span.end_ns)
    ids = f"arrayJoin(arrayZip({parameters.texts(traces)}, {parameters.texts(spans)})) AS ids"
    sql = f"""SELECT lower(hex(s.trace_id)), lower(hex(s.span_id)), s.service, s.attributes, q.resource
FROM (
    SELECT trace_id, span_id, service, attributes, resource_id FROM spans
    WHERE function != '' AND {NEAR} AND (trace_id, span_id) IN (
        SELECT toFixedString(unhex(ids.1), 16), toFixedString(unhex(ids.2), 8) FROM (SELECT {ids}))
) AS s
ANY LEFT JOIN resources AS q ON s.resource_id = q.resource_id"""
    return Statement(sql, parameters.values)


def calls_statement(span: Span, traces: Sequence[str]) -> Statement:
    """Trace, service, and the calls of both: (start_ns, duration_ns, type, name, operation), at most MOST_CALLS; and
    how many there are."""
    parameters = Parameters(start_ns=span.start_ns, end_ns=span.end_ns)
    sql = f"""SELECT lower(hex(trace_id)), service, groupArray({MOST_CALLS})((toUnixTimestamp64Nano(start), duration_ns,
    toString(resource_type), toString(resource_name), toString(operation))), count()
FROM spans
WHERE resource_type != '' AND {NEAR} AND trace_id IN (
    SELECT toFixedString(unhex(arrayJoin({parameters.texts(traces)})), 16))
GROUP BY trace_id, service"""
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
