-- In which hours a trace has spans, by a hash of its id: a trace is looked for there, and nowhere else. Two traces may
-- share a hash; a look into the hours of another finds nothing.
CREATE TABLE IF NOT EXISTS trace_hours (
    trace UInt32 CODEC(Delta, ZSTD), hour DateTime CODEC(T64, ZSTD)
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(hour) ORDER BY (trace, hour)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)', index_granularity = 1024
