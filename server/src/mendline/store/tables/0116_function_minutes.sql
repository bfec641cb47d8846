-- What each function did in each minute. `durations` are counts by logarithmic bucket: bucket n holds durations in
-- (1.02^(n-1), 1.02^n] ms, so that a quantile is off by 1 % at most (DDSketch, Masson et al. 2019) and can be subtracted.
CREATE TABLE IF NOT EXISTS function_minutes (
    account LowCardinality(String), region LowCardinality(String), function LowCardinality(String), minute DateTime,
    invocations Int64, errors Int64, timeouts Int64, cold_starts Int64, unfinished_count Int64,
    total_duration_ns Int128, total_billed_ms Int64, total_billed_byte_ms Int128, total_init_us Int64,
    durationMap Nested(bucket Int16, count Int64)
) ENGINE = SummingMergeTree
PARTITION BY toDate(minute) ORDER BY (account, region, function, minute)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
