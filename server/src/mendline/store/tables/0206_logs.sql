-- Every log record. What joins it to an invocation (function, instance, request id) stands in columns of its own.
CREATE TABLE IF NOT EXISTS logs (
    time DateTime64(9) CODEC(Delta, ZSTD), observed DateTime64(9) CODEC(Delta, ZSTD), placed_at_receipt Bool,
    trace_id FixedString(16), span_id FixedString(8), flags UInt32,
    severity_number UInt8, severity_text LowCardinality(String), event_name LowCardinality(String),
    body String CODEC(ZSTD(3)),
    service LowCardinality(String), function LowCardinality(String), instance LowCardinality(String),
    request_id String CODEC(ZSTD(3)), platform LowCardinality(String),
    resource_id UInt64, scope_name LowCardinality(String), scope_version LowCardinality(String),
    attributes Map(LowCardinality(String), String), attribute_types LowCardinality(String),  -- as in spans
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX request_id_bloom request_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX body_words lower(body) TYPE text(tokenizer = splitByNonAlpha)
) ENGINE = MergeTree
PARTITION BY toDate(time) ORDER BY (service, toStartOfMinute(time), instance, time)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)',
    map_serialization_version = 'with_buckets', map_serialization_version_for_zero_level_parts = 'basic',
    map_buckets_min_avg_size = 0, map_buckets_coefficient = 2
