"""The SQL fragments that migrations share: the column type of an OTLP value, and how pairs become a map of texts."""

from __future__ import annotations

import re

from mendline.model.error_kinds import kind_sql

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
_TEXT_CALL = re.compile(r"\{TEXT\(([a-z_.]+)\)\}")


def _scalar_text(value: str) -> str:
    return (
        f"multiIf({value}.value = 'string_value', {value}.string_value, "
        f"{value}.value = 'int_value', toString({value}.int_value), "
        f"{value}.value = 'double_value', toString({value}.double_value), "
        f"{value}.value = 'bool_value', if({value}.bool_value, 'true', 'false'), "
        f"{value}.value = 'bytes_value', base64Encode({value}.bytes_value), '')"
    )


def _scalar_json(value: str) -> str:
    text = _scalar_text(value)
    return (
        f"multiIf({value}.value = 'no', 'null', "
        f"{value}.value = 'array_value', concat('{{\"$otlp.array\":\"', base64Encode({value}.array_value), '\"}}'), "
        f"{value}.value = 'kvlist_value', concat('{{\"$otlp.kvlist\":\"', base64Encode({value}.kvlist_value), '\"}}'), "
        f"{value}.value IN ('string_value', 'bytes_value'), toJSONString({text}), {text})"
    )


def value_text(value: str) -> str:
    """SQL for an AnyValue as text: strings bare, numbers and lists as JSON writes them, bytes as base64."""
    return (
        f"multiIf({value}.value = 'array_value', "
        f"concat('[', arrayStringConcat(arrayMap(a -> {_scalar_json('a')}, {value}.array_value.values), ','), ']'), "
        f"{value}.value = 'kvlist_value', "
        "concat('{', arrayStringConcat(arrayMap(p -> "
        f"concat(toJSONString(p.key), ':', {_scalar_json('p.value')}), {value}.kvlist_value.values), ','), '}}'), "
        f"{_scalar_text(value)})"
    ).replace("'}}'", "'}'")


def pairs_to_map(pairs: str) -> str:
    """SQL for OTLP key-value pairs as Map(LowCardinality(String), String)."""
    texts = f"arrayMap(kv -> {value_text('kv.value')}, {pairs})"
    return f"CAST((arrayMap(kv -> kv.key, {pairs}), {texts}), 'Map(LowCardinality(String), String)')"


def _milliseconds(text: str) -> str:
    """SQL for a text as a time in ms that sums cannot overflow: what is no such time is 0."""
    return f"if(toFloat64OrZero({text}) BETWEEN 0 AND 1e9, toFloat64OrZero({text}), 0)"


BUCKET_BASE = 1.02
"""Bucket n of a histogram of durations holds (1.02^(n-1), 1.02^n] ms: a quantile read as the middle of its bucket is
off by 1 % at most (DDSketch: Masson, Rim, Lee, VLDB 2019), and counts can be subtracted, unlike ranks."""


def _histogram(duration_ns: str, weight: str) -> str:
    bucket = f"toInt16(ceil(log(greatest({duration_ns}, 1000) / 1e6) / log({BUCKET_BASE})))"
    counts = f"sumMap([{bucket}], [toInt64({weight})])"
    return f"{counts}.1 AS `durationMap.bucket`, {counts}.2 AS `durationMap.count`"


_FUNCTION_SUMS = f"""sum(sign) AS invocations, sumIf(sign, error) AS errors,
    sumIf(sign, error_kind = 'timeout') AS timeouts, sumIf(sign, cold_start) AS cold_starts,
    sumIf(sign, unfinished) AS unfinished_count,
    sum(toInt64(duration_ns) * sign) AS total_duration_ns, sum(toInt64(billed_ms) * sign) AS total_billed_ms,
    sum(toInt64(billed_ms * memory_size_bytes) * sign) AS total_billed_byte_ms,
    sum(toInt64(init_ms * 1000) * sign) AS total_init_us,
    {_histogram("duration_ns", "sign")}"""


def expand(sql: str, *, retention_days: int) -> str:
    """Replace the placeholders of a migration: {ANY_VALUE}, {MAP(column)}, {TEXT(column)}, {MS(text)},
    {KIND(type, message)}, {FUNCTION_SUMS} and {RETENTION_DAYS}."""
    sql = sql.replace("{FUNCTION_SUMS}", _FUNCTION_SUMS)
    sql = sql.replace("{ANY_VALUE}", ANY_VALUE).replace("{RETENTION_DAYS}", str(int(retention_days)))
    sql = _KIND_CALL.sub(lambda call: kind_sql(call.group(1), call.group(2)), sql)
    sql = _MS_CALL.sub(lambda call: _milliseconds(call.group(1)), sql)
    sql = _TEXT_CALL.sub(lambda call: value_text(call.group(1)), sql)
    return _MAP_CALL.sub(lambda call: pairs_to_map(call.group(1)), sql)
