-- One row per execution, completed by signed rows: what was believed leaves with sign -1, what is known now comes with
-- +1. Counts and sums multiply by `sign`; where rows are shown, {CURRENT} leaves those that still hold. `revision` is
-- the offset in the spool of the last half; `sources` has bit 2^n for each source n of execution_halves. `event_keys`
-- are what a later attempt at the same event has too. What can be computed from the other columns is not kept.
CREATE TABLE IF NOT EXISTS invocations (
    account LowCardinality(String), region LowCardinality(String), function LowCardinality(String),
    version LowCardinality(String), instance LowCardinality(String),
    request_id String, message_keys Array(UInt64), trace_id FixedString(16), span_id FixedString(8),
    start DateTime64(9) CODEC(Delta, ZSTD), duration_ns UInt64 CODEC(T64, ZSTD),
    error Bool, error_kind LowCardinality(String), error_type LowCardinality(String), error_message String,
    cold_start Bool, init_ms Float64, restore_ms Float64, billed_ms UInt64, timeout_ms UInt64, remaining_ms Float64,
    unfinished Bool, memory_size_bytes UInt64, memory_used_bytes UInt64,
    trigger LowCardinality(String), trigger_source LowCardinality(String), attempt UInt16, sources UInt8,
    execution UInt64 ALIAS cityHash64(request_id, span_id, start, instance), revision UInt64, sign Int8,
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX request_id_bloom request_id TYPE bloom_filter(0.01) GRANULARITY 1,
    event_keys Array(UInt64) ALIAS
        arrayConcat(if(request_id = '', [], [cityHash64(function, request_id)]), message_keys),
    INDEX event_keys_bloom arrayConcat(if(request_id = '', [], [cityHash64(function, request_id)]), message_keys)
        TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = VersionedCollapsingMergeTree(sign, revision)
PARTITION BY toDate(start) ORDER BY (account, region, function, start, cityHash64(request_id, span_id, start, instance))
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
