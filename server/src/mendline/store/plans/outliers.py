"""Samples of the invocations that a query finds, inside and outside of a selection, with all that is told of each."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mendline.model.selection import Selection
from mendline.query import Plan, Source
from mendline.store.plans.elsewhere import NEAR
from mendline.store.plans.measures import within
from mendline.store.plans.origins import origin_of
from mendline.store.plans.parameters import Parameters
from mendline.store.plans.statement import Span, Statement, column_of, terms_of, where_of
from mendline.store.plans.stretches import Stretches
from mendline.store.plans.terms import Terms
from mendline.store.statements import current

OF_A_MILLION = 1_000_000
_HALF_HOUR_S = 1800
MOST_CALLS = 200
"""Calls that are looked at of one trace and service."""
FIELDS = (
    "account", "region", "function", "version", "instance", "trigger", "trigger_source", "cold_start", "error_type",
    "error_kind", "memory_size_bytes", "timeout_ms",
)  # fmt: skip
Halves = Collection[tuple[str, int]]
"""Services, each with half hours (starts, in s) in which spans of it began."""
PICKED = ("selected", "id", "trace", "span", "start_ns", "duration_ns", "init_ms", *FIELDS)
"""What is told of each that was picked."""


def counts_statement(asked: Plan, span: Span, selection: Selection) -> Statement:
    """By function, how many invocations are selected, and how many are not."""
    terms = terms_of(Source.INVOCATIONS, span)
    where, selected = where_of(asked, terms), _selected(selection, terms)
    sql = (
        f"SELECT toString(r.function), sumIf(r.sign, {selected}) AS selected, sum(r.sign) - selected AS others\n"
        f"FROM {origin_of(terms, signed=True)}\nWHERE {where}\nGROUP BY r.function"
    )
    return Statement(sql, terms.parameters.values)


def sample_statement(
    asked: Plan,
    span: Span,
    selection: Selection,
    of_selected: int,
    of_others: int,
    stretches: Stretches | None = None,
) -> Statement:
    """So many of a million selected invocations, and of the others, by a hash of each: always the same ones, of all or
    of some `stretches`. The hash is looked at first, and whether what it picks still holds thereafter."""
    terms = terms_of(Source.INVOCATIONS, span)
    parameters = terms.parameters
    where, selected = where_of(asked, terms), _selected(selection, terms)
    fields = ", ".join(f"toString(r.{name})" for name in FIELDS)
    share = f"if({selected}, {parameters.number(of_selected)}, {parameters.number(of_others)})"
    chosen = f"{stretches.condition(parameters)} AND " if stretches else ""
    sql = f"""SELECT {selected}, if(r.request_id = '', lower(hex(r.span_id)), r.request_id), lower(hex(r.trace_id)),
    lower(hex(r.span_id)), toUnixTimestamp64Nano(r.start), r.duration_ns, r.init_ms, {fields}
FROM {origin_of(terms, signed=True)}
WHERE {chosen}cityHash64(r.span_id, r.start, 1) % {OF_A_MILLION} < {share} AND {where}
    AND {current("r.")}"""
    return Statement(sql, parameters.values)


def own_spans_statement(span: Span, traces: Sequence[str], spans: Sequence[str], when: Halves = ()) -> Statement:
    """Trace, span, service, attributes and resource of the invocations with these ids, which belong to one another.
    With `when`, as for calls, others are not looked for."""
    parameters = Parameters(start_ns=span.start_ns, end_ns=span.end_ns)
    ids = f"arrayJoin(arrayZip({parameters.texts(traces)}, {parameters.texts(spans)})) AS ids"
    sql = f"""SELECT lower(hex(s.trace_id)), lower(hex(s.span_id)), s.service, s.attributes, q.resource
FROM (
    SELECT trace_id, span_id, service, attributes, resource_id FROM spans
    WHERE function != '' AND {NEAR} AND {_in_hours(when, parameters)} AND (trace_id, span_id) IN (
        SELECT toFixedString(unhex(ids.1), 16), toFixedString(unhex(ids.2), 8) FROM (SELECT {ids}))
) AS s
ANY LEFT JOIN resources AS q ON s.resource_id = q.resource_id"""
    return Statement(sql, parameters.values)


def calls_statement(span: Span, traces: Sequence[str], when: Halves) -> Statement:
    """Trace, service, and the calls of both: (start_ns, duration_ns, type, name, operation), at most MOST_CALLS; and
    how many there are. Others of the same traces than those that begin `when` may be told too."""
    parameters = Parameters(start_ns=span.start_ns, end_ns=span.end_ns)
    sql = f"""SELECT lower(hex(trace_id)), service, groupArray({MOST_CALLS})((toUnixTimestamp64Nano(start), duration_ns,
    toString(resource_type), toString(resource_name), toString(operation))), count()
FROM spans
WHERE resource_type != '' AND {NEAR} AND {_in_hours(when, parameters)} AND trace_id IN (
    SELECT toFixedString(unhex(arrayJoin({parameters.texts(traces)})), 16))
GROUP BY trace_id, service"""
    return Statement(sql, parameters.values)


def _in_hours(when: Halves, parameters: Parameters) -> str:
    """A hint for the primary key of spans. Where hours begin depends on the zone of the machine in which a span came:
    as here, or at a half hour or a whole one of UTC."""
    if not when:
        return "1"
    hours = sorted({(service, half - back) for service, half in when for back in (0, _HALF_HOUR_S)})
    services, starts = [service for service, _ in hours], [start for _, start in hours]
    pairs = f"arrayJoin(arrayZip({parameters.texts(services)}, {parameters.whole_numbers(starts)})) AS pair"
    return (
        "indexHint((service, toStartOfHour(start)) IN (SELECT pair.1, arrayJoin([toDateTime(pair.2),"
        f" toStartOfHour(toDateTime(pair.2))]) FROM (SELECT {pairs})))"
    )


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
