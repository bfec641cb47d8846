-- What each resource did on each day (UTC), kept 13 months whatever the retention is; columns as in resource_minutes.
CREATE TABLE IF NOT EXISTS resource_days (
    resource_type LowCardinality(String), resource_name LowCardinality(String), operation LowCardinality(String),
    service LowCardinality(String), day Date,
    calls Int64, errors Int64, throttled Int64, total_duration_ns Int128,
    durationMap Nested(bucket Int16, count Int64)
) ENGINE = SummingMergeTree
PARTITION BY toStartOfMonth(day) ORDER BY (resource_type, resource_name, operation, service, day)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
