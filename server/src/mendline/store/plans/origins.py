"""Where the rows of a source come from: its table over a range of time, with what else their columns need."""

from __future__ import annotations

from mendline.query import Source
from mendline.store.plans import finality
from mendline.store.plans.aggregates import aggregated
from mendline.store.plans.columns import INVOCATIONS, Need
from mendline.store.plans.elsewhere import NEAR, resources, spans_of_invocations
from mendline.store.plans.made_traces import traces
from mendline.store.plans.terms import OF_SPANS, Terms
from mendline.store.statements import sql_of, with_parts
from mendline.store.timeouts import timed_out

_IN_RANGE = (
    "{time} >= fromUnixTimestamp64Nano({{start_ns:Int64}}) AND {time} < fromUnixTimestamp64Nano({{end_ns:Int64}})"
)
_IN_HOURS = (
    "indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR"
    " AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))"
)
"""What follows from the range, said for the sake of the primary key of spans (sql/parts/spans_near.sql)."""
_NOT_AGAIN = "{PART(told_once)}"
_TABLES = {
    Source.OPERATIONS: ("spans", "start", f"{_IN_HOURS} AND resource_type != '' AND {_NOT_AGAIN}"),
    Source.LOGS: ("logs", "time", ""),
    Source.METRICS: ("metrics", "time", ""),
}

_COUNTED = with_parts(
    "start, duration_ns, status, service, resource_id, resource_type, resource_name, operation,"
    " {PART(sampling_weight)} AS sampled, if(scope_name = 'mendline_agent', 1, sampled) AS weight"
)
"""Of calls that were sent: of our agent's, each counts once, since summaries tell of those that were not."""


def origin_of(terms: Terms, *, signed: bool = False) -> str:
    """The FROM of a statement, with `r` and all that is joined to it; parameters `start_ns`, `end_ns` are its range.

    Called when everything else is compiled: what is not used is neither joined nor computed. `signed`: invocations as
    they stand in the table, of which what no longer holds is taken away by summing `sign`; it costs a third.
    """
    return " ".join((_signed() if signed else _rows(terms), *_joins(terms)))


def _signed() -> str:
    return f"(SELECT *, execution, event_keys FROM invocations WHERE {_IN_RANGE.format(time='start')}) AS r"


def _rows(terms: Terms) -> str:
    if terms.source is Source.INVOCATIONS:
        return f"(SELECT *, execution, event_keys FROM invocations WHERE {_current()}) AS r"
    if terms.source is Source.TRACES:
        return f"({traces(terms)}) AS r"
    if terms.source is Source.FUNCTIONS:
        return f"({_functions(terms)}) AS r"
    table, time, also = _TABLES[terms.source]
    condition = " AND ".join(filter(None, (_IN_RANGE.format(time=time), with_parts(also)))) + terms.narrowed
    shown = "*"
    if terms.has_summaries:
        shown = _COUNTED
        condition += with_parts(" UNION ALL {PART(unsent_operations)}")
    elif terms.source is Source.OPERATIONS:
        shown = with_parts("*, {PART(sampling_weight)} AS weight")
    return f"(SELECT {shown} FROM {table} WHERE {condition}) AS r"


def _current() -> str:
    """The invocations of the range that still hold."""
    return sql_of("sql/parts", "current_invocations")


def _joins(terms: Terms) -> list[str]:
    joins = []
    if terms.source is Source.INVOCATIONS and terms.needs & OF_SPANS:
        spans = spans_of_invocations(terms, terms.narrowed)
        joins.append(f"ANY LEFT JOIN ({spans}) AS s ON r.trace_id = s.trace_id AND r.span_id = s.span_id")
    elif Need.RESOURCE in terms.needs:
        joins.append(f"ANY LEFT JOIN ({resources(terms)}) AS q ON r.resource_id = q.resource_id")
    if Need.INVOCATION in terms.needs:
        joins.append(_invocation_of_operation(terms))
    if Need.ENTRY in terms.needs:
        joins.append(f"ANY LEFT JOIN ({sql_of('sql/parts', 'trace_entries')}) AS n ON r.trace_id = n.trace_id")
    if Need.ATTEMPTS in terms.needs:
        joins.append(
            f"ANY LEFT JOIN ({sql_of('sql/parts', 'attempts_by_execution')}) AS a ON r.execution = a.execution"
        )
    if Need.LIMITS in terms.needs:
        terms.parameters.values.update(finality.parameters())
    if Need.RUNTIMES in terms.needs:
        joins.append(f"ANY LEFT JOIN ({sql_of('sql/parts', 'function_runtimes')}) AS g ON {_OF_FUNCTION}")
    if Need.KINDS in terms.needs:
        joins.append(f"ANY LEFT JOIN ({sql_of('sql/parts', 'kinds_of_logs')}) AS k ON r.time = k.time AND {_OF_RECORD}")
    if Need.COSTS in terms.needs:
        # rounded, so that in which order they are added decides of no order of traces that cost the same
        cost = (
            f"SELECT trace_id, round(sum({INVOCATIONS['cost'].sql}), 15) AS cost"
            f" FROM ({sql_of('sql/parts', 'invocations_near')})"
        )
        joins.append(f"ANY LEFT JOIN ({cost} AS r GROUP BY trace_id) AS c ON r.id = c.trace_id")
    return joins


_OF_FUNCTION = "r.account = g.account AND r.region = g.region AND r.function = g.function"
_OF_RECORD = (
    "if(r.attributes['exception.type'] != '', r.attributes['exception.type'], r.attributes['error.type']) = k.type"
    " AND if(r.attributes['exception.message'] != '', r.attributes['exception.message'], r.body) = k.message"
)


def _invocation_of_operation(terms: Terms) -> str:
    """The last invocation of the same trace and resource that began before the operation did."""
    columns = "".join(f", {sql} AS `{name}`" for (place, sql), name in terms.joined.items() if place == "i")
    return (
        f"ASOF LEFT JOIN (SELECT trace_id, resource_id, start{columns} FROM spans AS i WHERE function != '' AND {NEAR})"
        " AS i ON r.trace_id = i.trace_id AND r.resource_id = i.resource_id AND r.start >= i.start"
    )


# -- functions: made of their invocations --------------------------------------------------------------------------

_NEWEST = "(r.start, r.request_id)"
_COST = f"({INVOCATIONS['cost'].sql}) * r.stands_for"
_FUNCTION_COLUMNS = {
    "function": "any(r.function)",
    "account": "any(r.account)",
    "region": "any(r.region)",
    "version": f"argMax(r.version, {_NEWEST})",
    "time": "max(r.start)",
    "timeout": f"toInt64(nullIf(argMax(r.timeout_ms, {_NEWEST}), 0)) * 1000000",
    "memory.size": f"toInt64(nullIf(argMax(r.memory_size_bytes, {_NEWEST}), 0))",
    "cost": f"sum({_COST})",
    "cost.monthly": f"sum({_COST}) * 2592000000000000 / ({{end_ns:Int64}} - {{start_ns:Int64}})",
    "invocations": "sum(r.stands_for)",
    "errors": "sumIf(r.stands_for, r.error)",
    "cold_starts": "sumIf(r.stands_for, r.cold_start)",
    "timeouts": f"sumIf(r.stands_for, {timed_out('r.')})",
    "health": "1 - sumIf(r.stands_for, r.error) / sum(r.stands_for)",
    "error": "countIf(r.error) > 0",
    "cold_start": "countIf(r.cold_start) > 0",
    "timed_out": f"countIf({timed_out('r.')}) > 0",
}


def _functions(terms: Terms) -> str:
    inner = Terms(Source.INVOCATIONS, terms.parameters, terms.now_ns)
    columns = [f"{_FUNCTION_COLUMNS[key]} AS `{key}`" for key in sorted(terms.keys) if key in _FUNCTION_COLUMNS]
    columns += [
        f"argMax({inner.value_of_key(key)}, {_NEWEST}) AS `{key}`"
        for key in sorted(terms.keys & {"runtime", "project"})
    ]
    columns += [
        f"argMax({inner.text_of(attribute)}, {_NEWEST}) AS `{name}`" for attribute, name in terms.attributes.items()
    ]
    columns += [f"{aggregated(aggregate, inner)} AS `{name}`" for aggregate, name in terms.aggregates.items()]
    listed = ", ".join(columns) or "count() AS n"
    return f"SELECT {listed} FROM {origin_of(inner)} GROUP BY r.account, r.region, r.function"
