-- Every data point. A series is a metric of one resource with the same attributes; `integer` is exact where is_integer.
-- value: gauges and sums; the others have count, sum and their buckets or quantiles. temporality: 0 none, 1 delta,
-- 2 cumulative (OTLP).
CREATE TABLE IF NOT EXISTS metrics (
    name LowCardinality(String),
    kind Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
    service LowCardinality(String), resource_id UInt64,
    scope_name LowCardinality(String), scope_version LowCardinality(String),
    attributes Map(LowCardinality(String), String), series UInt64,
    start DateTime64(9) CODEC(Delta, ZSTD), time DateTime64(9) CODEC(Delta, ZSTD), placed_at_receipt Bool,
    value Float64 CODEC(Gorilla, ZSTD), integer Int64 CODEC(Delta, ZSTD), is_integer Bool,
    count UInt64, sum Nullable(Float64), min Nullable(Float64), max Nullable(Float64),
    bounds Array(Float64), counts Array(UInt64),
    scale Int32, zero_count UInt64, zero_threshold Float64,
    positive_offset Int32, positive_counts Array(UInt64), negative_offset Int32, negative_counts Array(UInt64),
    quantiles Array(Tuple(quantile Float64, value Float64)),
    temporality UInt8, monotonic Bool, flags UInt32,
    exemplars Array(Tuple(time DateTime64(9), value Float64, trace_id FixedString(16), span_id FixedString(8),
        attributes Map(LowCardinality(String), String)))
) ENGINE = MergeTree
PARTITION BY toDate(time) ORDER BY (name, service, series, time)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
