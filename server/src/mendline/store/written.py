"""The way in for the OpenTelemetry Collector's ClickHouse exporter: Null tables of its shape in their own database.

Only where there is a ClickHouse server, since nobody else can connect to the embedded engine. `written/` holds the
views that lead from there to our tables; their placeholders are told here.
"""

from __future__ import annotations

import re

_TABLES = (
    "otel_traces",
    "otel_logs",
    "otel_metrics_gauge",
    "otel_metrics_sum",
    "otel_metrics_histogram",
    "otel_metrics_exponential_histogram",
    "otel_metrics_summary",
)
_ID_CALL = re.compile(r"\{ID_OR_NONE\(([A-Za-z]+), (\d+)\)\}")
_NUMBER_CALL = re.compile(r"\{NUMBER_OF\(([A-Za-z]+), ([A-Z_]+), ([A-Za-z ]+)\)\}")

_FRAGMENTS = {
    "{POINT_PLACED}": """    now64(9) AS received_at,
    TimeUnix < received_at - INTERVAL {RETENTION_DAYS} DAY OR TimeUnix > received_at + INTERVAL 10 MINUTE AS outside""",
    "{POINT_COLUMNS}": """    received_at AS received, ResourceAttributes AS resource, MetricUnit AS unit,
    MetricDescription AS description, MetricName AS name,
    ResourceSchemaUrl AS resource_schema_url, cityHash64(toString(resource), '', resource_schema_url, 0) AS resource_id,
    ScopeName AS scope_name, ScopeVersion AS scope_version,
    if(empty(ScopeAttributes) AND ScopeSchemaUrl = '' AND ScopeDroppedAttrCount = 0, '', concat(
        '{"attributes":', toJSONString(ScopeAttributes), ',"attribute_types":"","schema_url":',
        toJSONString(ScopeSchemaUrl), ',"dropped_attributes":', toString(ScopeDroppedAttrCount), '}')) AS scope_details,
    Attributes AS attributes, cityHash64(resource_id, toString(attributes)) AS series,
    StartTimeUnix AS start, if(outside, received_at, TimeUnix) AS time, outside AS placed_at_receipt, Flags AS flags""",
    "{TEMPORALITY}": "toUInt8(if(AggregationTemporality BETWEEN 0 AND 2, AggregationTemporality, 0))",
    "{EXEMPLARS}": """arrayMap((at, value, trace, span, told) ->
        (at, value, {ID_OR_NONE(trace, 16)}, {ID_OR_NONE(span, 8)}, told),
        Exemplars.TimeUnix, Exemplars.Value, Exemplars.TraceId, Exemplars.SpanId, Exemplars.FilteredAttributes)""",
}


def expand(sql: str, project: str) -> str:
    """Replace what only these views have: {WRITE}, {ID_OR_NONE(hex, bytes)}, {NUMBER_OF(name, prefix, names)}, …"""
    for name, text in _FRAGMENTS.items():
        sql = sql.replace(name, text)
    sql = _ID_CALL.sub(lambda call: _id(call[1], int(call[2])), sql)
    sql = _NUMBER_CALL.sub(lambda call: _number(call[1], call[2], call[3].split()), sql)
    return sql.replace("{WRITE}", f"`{project}_write`")


def null_tables(project: str, *, again: bool) -> list[str]:
    """Statements that make the database and its tables, in the shape of the views to read; `again` from scratch."""
    database = f"`{project}_write`"
    statements = [f"CREATE DATABASE IF NOT EXISTS {database}"]
    for table in _TABLES:
        if again:
            statements.append(f"DROP TABLE IF EXISTS {database}.{table}")
        statements.append(f"CREATE TABLE IF NOT EXISTS {database}.{table} AS `{project}`.{table} ENGINE = Null")
    return statements


def _id(hexadecimal: str, length: int) -> str:
    """SQL for an id given as hexadecimal digits; what has another length is none (all zeros)."""
    raw = f"unhex({hexadecimal})"
    return f"toFixedString(if(length({raw}) = {length}, {raw}, ''), {length})"


def _number(name: str, prefix: str, names: list[str]) -> str:
    """SQL for the number of a name in OTLP's enumeration. The exporter wrote `SPAN_KIND_SERVER` before `Server`."""
    known = ", ".join(f"'{known}'" for known in names)
    found = f"indexOf([{known}], initcap(replaceOne(toString({name}), '{prefix}', '')))"
    return f"toUInt8(greatest({found}, 1) - 1)"
