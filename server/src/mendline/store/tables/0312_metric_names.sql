-- What a metric is measured in and what it means, once.
CREATE TABLE IF NOT EXISTS metric_names (
    name LowCardinality(String), kind Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
    unit LowCardinality(String), description String, seen DateTime
) ENGINE = ReplacingMergeTree(seen) ORDER BY (name, kind, unit)
TTL seen + INTERVAL 100 DAY -- longer than any telemetry that may point to it
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
