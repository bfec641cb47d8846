-- Who is in a transaction beside its own trace: a batch consumer links to the trace of each message.
CREATE TABLE IF NOT EXISTS trace_members (
    trace_id FixedString(16), member_trace_id FixedString(16), member_span_id FixedString(8), start DateTime64(9),
    INDEX member_bloom member_trace_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(start) ORDER BY trace_id
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
