-- What each function did on each day (UTC), kept 13 months whatever the retention is: columns as in function_minutes.
CREATE TABLE IF NOT EXISTS function_days (
    account LowCardinality(String), region LowCardinality(String), function LowCardinality(String), day Date,
    invocations Int64, errors Int64, timeouts Int64, cold_starts Int64, unfinished_count Int64,
    total_duration_ns Int128, total_billed_ms Int64, total_billed_byte_ms Int128, total_init_us Int64,
    durationMap Nested(bucket Int16, count Int64)
) ENGINE = SummingMergeTree
PARTITION BY toStartOfMonth(day) ORDER BY (account, region, function, day)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
