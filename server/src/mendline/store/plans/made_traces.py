"""Traces as rows: made of their spans, as far as a query asks for them."""

from __future__ import annotations

from mendline.store.plans.attributes import attribute_text
from mendline.store.plans.columns import SPAN_ERROR_TYPE
from mendline.store.plans.elsewhere import NEAR
from mendline.store.plans.terms import Terms
from mendline.store.statements import sql_of, with_parts

_FIRST = "(start, span_id)"
_COLUMNS = {
    "function": "arraySort(groupUniqArrayIf(w.function, w.function != ''))",
    "trace_id": "lower(hex(trace))",
    "time": "min(start)",
    "ended": "max(toUnixTimestamp64Nano(start) + toInt64(duration_ns))",
    "entry": "argMin(entry_name, (parent != toFixedString('', 8), start, span_id))",
    "entry.function": f"argMinIf(w.function, {_FIRST}, w.function != '')",
    "duration": "max(toUnixTimestamp64Nano(start) + toInt64(duration_ns)) - toUnixTimestamp64Nano(min(start))",
    "error": "countIf(status = 2) > 0",
    "error.type": f"argMinIf({SPAN_ERROR_TYPE}, {_FIRST}, status = 2)",
    "error.kind": f"argMinIf(error_kind, {_FIRST}, error_kind != '')",
    "cold_start": "countIf(w.function != '' AND attributes['faas.coldstart'] = 'true') > 0",
    "timed_out": "countIf(error_kind = 'timeout') > 0",
    "chaos": "countIf(attributes['mendline.chaos.id'] != '') > 0",
    "spans": "count()",
    "errors": "countIf(status = 2)",
    "functions": "uniqExactIf(w.function, w.function != '')",
}
_PATHS = with_parts("{PART(function_paths)}")
_TEXTS = "groupUniqArrayArray(arrayConcat(mapValues(attributes), [name, service, status_message, resource_name]))"


def traces(terms: Terms) -> str:
    """The traces that began in the range, with the columns that `terms` use."""
    columns = [f"{_COLUMNS[key]} AS `{key}`" for key in sorted(terms.keys) if key in _COLUMNS]
    for attribute, name in terms.attributes.items():
        text = attribute_text(
            attribute, terms.parameters, lambda key: f"attributes[{key}]", lambda key: f"resource[{key}]"
        )
        columns.append(f"arraySort(arrayFilter(x -> x != '', groupUniqArray(1000)({text}))) AS `{name}`")
    if terms.through:
        columns.append(f"{_PATHS} AS `paths`")
    if terms.full_texts:
        columns.append(f"{_TEXTS} AS `texts`")
    if "lost" in terms.keys:
        columns.append(sql_of("sql/parts", "lost_resources") + " AS sent_and_gone")
    spans = sql_of("sql/parts", "spans_of_traces")
    if terms.seen is not None:  # of traces that nobody sees, nothing is made
        seen = f"{NEAR} AND {terms.seen('toUnixTimestamp64Nano(start)')}"
        spans = f"SELECT * FROM ({spans}) WHERE trace IN (SELECT trace_id FROM spans WHERE {seen})"
    if terms.attributes:
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
