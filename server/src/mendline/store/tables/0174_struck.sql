-- Which traces a run of a chaos experiment struck, and in which of their invocations: what is left out of what is usual, of
-- policies, costs and reports (store/unstruck.py).
CREATE TABLE IF NOT EXISTS struck (
    id LowCardinality(String), trace_id FixedString(16), request_id String, start DateTime64(9)
) ENGINE = ReplacingMergeTree
PARTITION BY toDate(start) ORDER BY (id, trace_id, request_id)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
