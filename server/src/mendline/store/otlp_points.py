"""Column types of the data points of OTLP metrics, as in otlp/metrics.proto; migrations name them in braces."""

from __future__ import annotations

from mendline.store.otlp_columns import ANY_VALUE

_PAIRS = f"Array(Tuple(key String, value {ANY_VALUE}))"
_TIMES = "start_time_unix_nano UInt64, time_unix_nano UInt64"
_EXEMPLARS = (
    "exemplars Array(Tuple(time_unix_nano UInt64, value Enum8('no'=0,'as_double'=3,'as_int'=6), as_double Float64,"
    f" as_int Int64, span_id String, trace_id String, filtered_attributes {_PAIRS}))"
)
_BUCKETS = "Tuple(offset Int32, bucket_counts Array(UInt64))"
_EXTREMES = "min Nullable(Float64), max Nullable(Float64)"
_QUANTILES = "quantile_values Array(Tuple(quantile Float64, value Float64))"
_NUMBER = "value Enum8('no'=0,'as_double'=4,'as_int'=6), as_double Float64, as_int Int64"

COLUMN_TYPES = {
    "{NUMBER_POINT}": (f"Tuple({_TIMES}, {_NUMBER}, {_EXEMPLARS}, attributes {_PAIRS}, flags UInt32)"),
    "{HISTOGRAM_POINT}": (
        f"Tuple({_TIMES}, count UInt64, sum Nullable(Float64), bucket_counts Array(UInt64),"
        f" explicit_bounds Array(Float64), {_EXEMPLARS}, attributes {_PAIRS}, flags UInt32, {_EXTREMES})"
    ),
    "{EXPONENTIAL_POINT}": (
        f"Tuple(attributes {_PAIRS}, {_TIMES}, count UInt64, sum Nullable(Float64), scale Int32, zero_count UInt64,"
        f" positive {_BUCKETS}, negative {_BUCKETS}, flags UInt32, {_EXEMPLARS}, {_EXTREMES}, zero_threshold Float64)"
    ),
    "{SUMMARY_POINT}": (f"Tuple({_TIMES}, count UInt64, sum Float64, {_QUANTILES}, attributes {_PAIRS}, flags UInt32)"),
    # a point of any kind: what its own kind has not stays empty
    "{POINT}": (
        f"Tuple({_TIMES}, {_NUMBER}, count UInt64, sum Nullable(Float64), {_EXTREMES}, bucket_counts Array(UInt64),"
        f" explicit_bounds Array(Float64), scale Int32, zero_count UInt64, zero_threshold Float64, positive {_BUCKETS},"
        f" negative {_BUCKETS}, {_QUANTILES}, {_EXEMPLARS}, attributes {_PAIRS}, flags UInt32)"
    ),
}
