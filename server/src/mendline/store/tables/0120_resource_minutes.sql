-- What each resource (a table, queue, API …) did in each minute, as its callers saw it; durations as in function_minutes.
CREATE TABLE IF NOT EXISTS resource_minutes (
    resource_type LowCardinality(String), resource_name LowCardinality(String), operation LowCardinality(String),
    service LowCardinality(String), minute DateTime,
    calls Int64, errors Int64, throttled Int64, total_duration_ns Int128,
    durationMap Nested(bucket Int16, count Int64)
) ENGINE = SummingMergeTree
PARTITION BY toDate(minute) ORDER BY (resource_type, resource_name, operation, service, minute)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
