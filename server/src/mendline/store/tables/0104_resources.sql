-- The attributes of a resource, once; spans point to it.
CREATE TABLE IF NOT EXISTS resources (
    resource_id UInt64, resource Map(LowCardinality(String), String), seen DateTime
) ENGINE = ReplacingMergeTree(seen) ORDER BY resource_id
TTL seen + INTERVAL 100 DAY -- longer than any telemetry that may point to it
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
