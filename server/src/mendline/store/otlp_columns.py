"""The SQL fragments that migrations share: the column type of an OTLP value, and how pairs become a map of texts."""

from __future__ import annotations

import re

from mendline.model.error_kinds import kind_sql
from mendline.model.histogram import BUCKET_BASE
from mendline.store.resource_columns import OPERATION, RESOURCE_NAME, RESOURCE_TYPE
from mendline.store.timeouts import timed_out

_MEMBERS = "string_value String, bool_value Bool, int_value Int64, double_value Float64, bytes_value String"
_KINDS = (
    "value Enum8('no'=0,'string_value'=1,'bool_value'=2,'int_value'=3,'double_value'=4,"
    "'array_value'=5,'kvlist_value'=6,'bytes_value'=7)"
)
_SCALAR = f"Tuple({_KINDS}, {_MEMBERS}, array_value String, kvlist_value String)"
ANY_VALUE = (
    f"Tuple({_KINDS}, {_MEMBERS}, array_value Tuple(values Array({_SCALAR})), "
    f"kvlist_value Tuple(values Array(Tuple(key String, value {_SCALAR}))))"
)
"""Column type of opentelemetry.proto.common.v1.AnyValue; `value` names the oneof member set. Lists and maps within
lists and maps stay protobuf; in texts they are `{"$otlp.array": BASE64}` or `{"$otlp.kvlist": BASE64}` and are read by
model/otlp_value."""

_MAP_CALL = re.compile(r"\{MAP\(([a-z_.]+)\)\}")
_KIND_CALL = re.compile(r"\{KIND\(([a-z_]+), ([a-z_]+)\)\}")
_MS_CALL = re.compile(r"\{MS\(([a-z_.\[\]']+)\)\}")
_BYTES_CALL = re.compile(r"\{BYTES\(([a-z_.\[\]']+)\)\}")
_TYPES_CALL = re.compile(r"\{TYPES\(([a-z_.]+)\)\}")
_TEXT_CALL = re.compile(r"\{TEXT\(([a-z_.]+)\)\}")
_SCALARS = ("value", "string_value", "bool_value", "int_value", "double_value", "bytes_value")


def _each(values: str, text: str, *, has_lists: bool) -> str:
    """SQL that maps an array of OTLP values. `text` says what becomes of one whose parts are k, s, b, i, d, y, a, m.

    The parts are taken out of the array first: the analyser pays for each touch of a type so deep, at every insert.
    """
    parts = (f"tupleElement({values}, '{name}')" for name in _SCALARS)
    deep = (f"tupleElement({values}, '{name}')" for name in ("array_value", "kvlist_value"))
    if has_lists:
        deep = (f"tupleElement({part}, 'values')" for part in deep)
    return f"arrayMap((k, s, b, i, d, y, a, m) -> {text}, {', '.join((*parts, *deep))})"


_SCALAR_TEXT = (
    "multiIf(k = 'string_value', s, k = 'int_value', toString(i), k = 'double_value', toString(d), "
    "k = 'bool_value', if(b, 'true', 'false'), k = 'bytes_value', base64Encode(y), '')"
)
_SCALAR_JSON = (
    "multiIf(k = 'string_value', toJSONString(s), k = 'int_value', toString(i), k = 'double_value', toString(d), "
    "k = 'bool_value', if(b, 'true', 'false'), k = 'bytes_value', toJSONString(base64Encode(y)), k = 'no', 'null', "
    "concat(if(k = 'array_value', '{\"$otlp.array\":\"', '{\"$otlp.kvlist\":\"'), "
    "base64Encode(if(k = 'array_value', a, m)), '\"}'))"
)
_EACH_OF_LIST = _each("a", _SCALAR_JSON, has_lists=False)
_EACH_OF_MAP = _each("tupleElement(m, 'value')", _SCALAR_JSON, has_lists=False)
_TEXT = (
    f"multiIf(k = 'array_value', concat('[', arrayStringConcat({_EACH_OF_LIST}, ','), ']'), "
    "k = 'kvlist_value', concat('{', arrayStringConcat(arrayMap((key, json) -> concat(toJSONString(key), ':', json), "
    f"tupleElement(m, 'key'), {_EACH_OF_MAP}), ','), '}}'), "
    f"{_SCALAR_TEXT})"
)


def value_text(value: str) -> str:
    """SQL for an AnyValue as text: strings bare, numbers and lists as JSON writes them, bytes as base64."""
    return f"arrayElement({_each(f'[{value}]', _TEXT, has_lists=True)}, 1)"


def pairs_to_map(pairs: str) -> str:
    """SQL for OTLP key-value pairs as Map(LowCardinality(String), String)."""
    texts = _each(f"tupleElement({pairs}, 'value')", _TEXT, has_lists=True)
    return f"CAST((tupleElement({pairs}, 'key'), {texts}), 'Map(LowCardinality(String), String)')"


def _types(pairs: str) -> str:
    """SQL for the types of pairs that are no texts: lines of key, tab, and `int`, `double`, `bool`, `bytes`, `array`,
    `kvlist` or `no` (value at all)."""
    told = "if(k = 'string_value', '', concat(key, '\\t', replaceOne(toString(k), '_value', '')))"
    kinds = f"tupleElement(tupleElement({pairs}, 'value'), 'value')"
    lines = f"arrayMap((key, k) -> {told}, tupleElement({pairs}, 'key'), {kinds})"
    return f"arrayStringConcat(arrayFilter(line -> line != '', {lines}), '\\n')"


def _milliseconds(text: str) -> str:
    """SQL for a text as a time in ms that sums cannot overflow: what is no such time is 0."""
    return f"if(toFloat64OrZero({text}) BETWEEN 0 AND 1e9, toFloat64OrZero({text}), 0)"


def _bytes(text: str) -> str:
    """SQL for a text as a size of memory in bytes: what is none, or more than 16 TiB, is 0."""
    return f"if(toUInt64OrZero({text}) <= {2**44}, toUInt64OrZero({text}), 0)"


def _histogram(duration_ns: str, weight: str) -> str:
    bucket = f"toInt16(ceil(log(greatest({duration_ns}, 1000) / 1e6) / log({BUCKET_BASE})))"
    counts = f"sumMap([{bucket}], [toInt64({weight})])"
    return f"{counts}.1 AS `durationMap.bucket`, {counts}.2 AS `durationMap.count`"


_FUNCTION_SUMS = f"""sum(counted) AS invocations, sumIf(counted, error) AS errors,
    sumIf(counted, {timed_out()}) AS timeouts, sumIf(counted, cold_start) AS cold_starts,
    sumIf(counted, unfinished) AS unfinished_count,
    sum(toInt128(duration_ns) * counted) AS total_duration_ns, sum(toInt64(billed_ms) * counted) AS total_billed_ms,
    sum(toInt128(billed_ms) * memory_size_bytes * counted) AS total_billed_byte_ms,
    sum(toInt64(init_ms * 1000) * counted) AS total_init_us,
    {_histogram("duration_ns", "counted")}"""

_RESOURCE_SUMS = f"""sum(counted) AS calls, sumIf(counted, status = 2) AS errors,
    sumIf(weight, error_kind = 'throttled') AS throttled, sum(toInt128(duration_ns) * counted) AS total_duration_ns,
    {_histogram("duration_ns", "weight")}"""


def expand(sql: str, *, retention_days: int) -> str:
    """Replace the placeholders of a migration: {ANY_VALUE}, {MAP(column)}, {TYPES(column)}, {TEXT(column)}, {MS(text)},
    {BYTES(text)}, {KIND(type, message)}, {FUNCTION_SUMS}, {RESOURCE_SUMS}, {RESOURCE_TYPE}, {RESOURCE_NAME},
    {OPERATION} and {RETENTION_DAYS}."""
    sql = sql.replace("{FUNCTION_SUMS}", _FUNCTION_SUMS).replace("{RESOURCE_SUMS}", _RESOURCE_SUMS)
    sql = sql.replace("{RESOURCE_TYPE}", RESOURCE_TYPE).replace("{RESOURCE_NAME}", RESOURCE_NAME)
    sql = sql.replace("{OPERATION}", OPERATION)
    sql = sql.replace("{ANY_VALUE}", ANY_VALUE).replace("{RETENTION_DAYS}", str(int(retention_days)))
    sql = _KIND_CALL.sub(lambda call: kind_sql(call.group(1), call.group(2)), sql)
    sql = _MS_CALL.sub(lambda call: _milliseconds(call.group(1)), sql)
    sql = _BYTES_CALL.sub(lambda call: _bytes(call.group(1)), sql)
    sql = _TYPES_CALL.sub(lambda call: _types(call.group(1)), sql)
    sql = _TEXT_CALL.sub(lambda call: value_text(call.group(1)), sql)
    return _MAP_CALL.sub(lambda call: pairs_to_map(call.group(1)), sql)
