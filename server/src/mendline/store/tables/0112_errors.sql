-- What failed: spans with an error, and log records that tell of an exception. The fingerprint is the same for errors of
-- one type from one place, whatever line numbers, addresses, ids and quoted values they hold.
CREATE TABLE IF NOT EXISTS errors (
    time DateTime64(9) CODEC(Delta, ZSTD), fingerprint UInt64, source Enum8('span' = 1, 'log' = 2),
    kind LowCardinality(String), type LowCardinality(String), message String CODEC(ZSTD(3)), stack String CODEC(ZSTD(3)),
    account LowCardinality(String), region LowCardinality(String), function LowCardinality(String),
    version LowCardinality(String), request_id String, trace_id FixedString(16), span_id FixedString(8),
    span_name LowCardinality(String), invocation Bool,
    INDEX fingerprint_bloom fingerprint TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(time) ORDER BY (function, fingerprint, time)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
