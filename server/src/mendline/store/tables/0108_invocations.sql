-- One row per execution (INTERFACES, "What an invocation is"; first version: from the span alone).
CREATE TABLE IF NOT EXISTS invocations (
    account LowCardinality(String), region LowCardinality(String), function LowCardinality(String),
    version LowCardinality(String), instance String,
    request_id String, trace_id FixedString(16), span_id FixedString(8),
    start DateTime64(9) CODEC(Delta, ZSTD), duration_ns UInt64 CODEC(T64, ZSTD),
    error Bool, error_kind LowCardinality(String), error_type LowCardinality(String), error_message String,
    cold_start Bool, init_ms Float64, timeout_ms UInt64, remaining_ms Float64, unfinished Bool,
    memory_size_bytes UInt64, memory_used_bytes UInt64,
    trigger LowCardinality(String), trigger_source LowCardinality(String),
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX request_id_bloom request_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(start) ORDER BY (account, region, function, start)
SETTINGS non_replicated_deduplication_window = 1000
