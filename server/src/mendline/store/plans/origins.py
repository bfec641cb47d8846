"""Where the rows of a source come from: its table over a range of time, with what else their columns need."""

from __future__ import annotations

from mendline.model.retry_limit import ASYNCHRONOUS_ATTEMPTS, Pushed, triggers_of
from mendline.query import Source
from mendline.query.plan import Scope
from mendline.store.plans.aggregates import aggregated
from mendline.store.plans.columns import INVOCATIONS, Need
from mendline.store.plans.terms import Terms, attribute_text
from mendline.store.statements import sql_of, with_parts

_IN_RANGE = (
    "{time} >= fromUnixTimestamp64Nano({{start_ns:Int64}}) AND {time} < fromUnixTimestamp64Nano({{end_ns:Int64}})"
)
_NEAR = (
    "start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR"
    " AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR"
)
_TABLES = {
    Source.OPERATIONS: ("spans", "start", "resource_type != ''"),
    Source.LOGS: ("logs", "time", ""),
    Source.METRICS: ("metrics", "time", ""),
}


def origin_of(terms: Terms) -> str:
    """The FROM of a statement, with `r` and all that is joined to it; parameters `start_ns`, `end_ns` are its range.

    Called when everything else is compiled: what is not used is neither joined nor computed.
    """
    return " ".join((_rows(terms), *_joins(terms)))


def _rows(terms: Terms) -> str:
    if terms.source is Source.INVOCATIONS:
        return f"(SELECT *, execution, event_keys FROM invocations WHERE {_current()}) AS r"
    if terms.source is Source.TRACES:
        return f"({_traces(terms)}) AS r"
    if terms.source is Source.FUNCTIONS:
        return f"({_functions(terms)}) AS r"
    table, time, also = _TABLES[terms.source]
    weight = ", " + with_parts("{PART(sampling_weight)}") + " AS weight" if terms.source is Source.OPERATIONS else ""
    condition = " AND ".join(filter(None, (_IN_RANGE.format(time=time).replace("{{", "{").replace("}}", "}"), also)))
    return f"(SELECT *{weight} FROM {table} WHERE {condition}) AS r"


def _current() -> str:
    """The invocations of the range that still hold."""
    return sql_of("sql/parts", "current_invocations")


def _joins(terms: Terms) -> list[str]:
    joins = []
    if Need.SPAN in terms.needs:
        joins.append(
            "ANY LEFT JOIN (SELECT trace_id, span_id, service, resource_id, attributes FROM spans"
            f" WHERE function != '' AND {_NEAR}) AS s ON r.trace_id = s.trace_id AND r.span_id = s.span_id"
        )
    if Need.RESOURCE in terms.needs:
        own = "s" if terms.source is Source.INVOCATIONS else "r"
        joins.append(f"ANY LEFT JOIN resources AS q ON {own}.resource_id = q.resource_id")
    if Need.ENTRY in terms.needs:
        joins.append(f"ANY LEFT JOIN ({sql_of('sql/parts', 'trace_entries')}) AS n ON r.trace_id = n.trace_id")
    if Need.ATTEMPTS in terms.needs:
        terms.parameters.values.update(
            synchronous=sorted(triggers_of(Pushed.SYNCHRONOUSLY)),
            asynchronous=sorted(triggers_of(Pushed.ASYNCHRONOUSLY)),
            asynchronous_attempts=ASYNCHRONOUS_ATTEMPTS,
        )  # fmt: skip
        joins.append(
            f"ANY LEFT JOIN ({sql_of('sql/parts', 'attempts_by_execution')}) AS a ON r.execution = a.execution"
        )
    if Need.KINDS in terms.needs:
        joins.append(
            "ANY LEFT JOIN (SELECT time, type, kind FROM errors WHERE source = 'log') AS k"
            " ON r.time = k.time AND r.attributes['exception.type'] = k.type"
        )
    if Need.COSTS in terms.needs:
        joins.append(
            f"ANY LEFT JOIN (SELECT trace_id, sum({INVOCATIONS['cost'].sql}) AS cost FROM"
            f" (SELECT * FROM invocations WHERE {_current()}) AS r GROUP BY trace_id) AS c ON r.id = c.trace_id"
        )
    return joins


# -- traces: made of their spans -----------------------------------------------------------------------------------

_TRACE_COLUMNS = {
    "function": "groupUniqArrayIf(w.function, w.function != '')",
    "trace_id": "lower(hex(trace))",
    "time": "min(start)",
    "entry": "argMin(entry_name, (parent != toFixedString('', 8), start))",
    "entry.function": "argMinIf(w.function, start, w.function != '')",
    "duration": "max(toUnixTimestamp64Nano(start) + duration_ns) - toUnixTimestamp64Nano(min(start))",
    "error": "countIf(status = 2) > 0",
    "error.type": "argMinIf(attributes['error.type'], start, status = 2)",
    "error.kind": "argMinIf(error_kind, start, error_kind != '')",
    "error.message": "argMinIf(status_message, start, status = 2)",
    "cold_start": "countIf(w.function != '' AND attributes['faas.coldstart'] = 'true') > 0",
    "timed_out": "countIf(error_kind = 'timeout') > 0",
    "chaos": "countIf(attributes['mendline.chaos.id'] != '') > 0",
    "spans": "count()",
    "errors": "countIf(status = 2)",
    "functions": "uniqExactIf(w.function, w.function != '')",
}
_PATHS = with_parts("{PART(function_paths)}")
_TEXTS = (
    "groupUniqArrayArray(1000)(arrayMap(text -> lowerUTF8(text), arrayConcat(mapValues(attributes),"
    " [name, service, status_message, resource_name])))"
)


def _traces(terms: Terms) -> str:
    columns = [f"{_TRACE_COLUMNS[key]} AS `{key}`" for key in sorted(terms.keys) if key in _TRACE_COLUMNS]
    for (scope, *path), name in terms.attributes.items():
        text = attribute_text(Scope(scope), tuple(path), terms.parameters, "attributes", "resource")
        columns.append(f"arrayFilter(x -> x != '', groupUniqArray(1000)({text})) AS `{name}`")
    if terms.through:
        columns.append(f"{_PATHS} AS `paths`")
    if terms.full_texts:
        columns.append(f"{_TEXTS} AS `texts`")
    with_resource = bool(terms.attributes)
    if "lost" in terms.keys:
        columns.append(sql_of("sql/parts", "lost_resources") + " AS sent_and_gone")
    spans = sql_of("sql/parts", "spans_of_traces")
    if with_resource:
        joined = "ANY LEFT JOIN resources AS q ON p.resource_id = q.resource_id"
        spans = f"SELECT p.*, q.resource FROM ({spans}) AS p {joined}"
    whole = (
        f"SELECT trace AS id, {', '.join(['min(start) AS began', *columns])} FROM ({spans}) AS w GROUP BY trace"
        " HAVING began >= fromUnixTimestamp64Nano({start_ns:Int64}) AND began < fromUnixTimestamp64Nano({end_ns:Int64})"
    )
    if "lost" not in terms.keys:
        return whole
    taken = f"SELECT groupUniqArray(taken) FROM ({sql_of('sql/parts', 'taken_resources')})"
    return f"SELECT *, hasAny(sent_and_gone, ({taken})) AS `lost` FROM ({whole})"


# -- functions: made of their invocations --------------------------------------------------------------------------

_FUNCTION_COLUMNS = {
    "function": "any(r.function)",
    "account": "any(r.account)",
    "region": "any(r.region)",
    "version": "argMax(r.version, r.start)",
    "time": "max(r.start)",
    "timeout": "toInt64(nullIf(argMax(r.timeout_ms, r.start), 0)) * 1000000",
    "memory.size": "toInt64(nullIf(argMax(r.memory_size_bytes, r.start), 0))",
    "cost": f"sum({INVOCATIONS['cost'].sql})",
    "cost.monthly": f"sum({INVOCATIONS['cost'].sql}) * 2592000000000000 / ({{end_ns:Int64}} - {{start_ns:Int64}})",
    "invocations": "count()",
    "errors": "countIf(r.error)",
    "cold_starts": "countIf(r.cold_start)",
    "timeouts": "countIf(r.error_kind = 'timeout')",
    "health": "1 - countIf(r.error) / count()",
    "error": "countIf(r.error) > 0",
    "cold_start": "countIf(r.cold_start) > 0",
    "timed_out": "countIf(r.error_kind = 'timeout') > 0",
    "runtime": f"argMax({INVOCATIONS['runtime'].sql}, r.start)",
    "project": f"argMax({INVOCATIONS['project'].sql}, r.start)",
}


def _functions(terms: Terms) -> str:
    inner = Terms(Source.INVOCATIONS, terms.parameters, terms.now_ns)
    columns = [f"{_FUNCTION_COLUMNS[key]} AS `{key}`" for key in sorted(terms.keys)]
    for (scope, *path), name in terms.attributes.items():
        inner.needs |= {Need.SPAN, Need.RESOURCE}
        text = attribute_text(Scope(scope), tuple(path), terms.parameters, "s.attributes", "q.resource")
        columns.append(f"argMax({text}, r.start) AS `{name}`")
    columns += [f"{aggregated(aggregate, inner)} AS `{name}`" for aggregate, name in terms.aggregates.items()]
    if terms.keys & {"runtime", "project"}:
        inner.needs |= {Need.SPAN, Need.RESOURCE}
    listed = ", ".join(columns) or "count() AS n"
    return f"SELECT {listed} FROM {origin_of(inner)} GROUP BY r.account, r.region, r.function"
