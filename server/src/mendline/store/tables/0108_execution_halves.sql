-- What is known of executions, as it came: an invocation's span, the agent's early notice, the platform's report, its
-- lines about a timeout or an exit. They come in any order; changes/lone_executions.sql and changes/folded_executions.sql
-- make invocations of them.
-- `key` is the same for all halves of one request id; `batch` is the offset in the spool. `message_keys` are hashes of
-- message ids, by function: what a later attempt at the same message has too. Each batch looks for its keys among
-- millions of an hour, so that the key is kept, and little is read around each.
CREATE TABLE IF NOT EXISTS execution_halves (
    key UInt64 MATERIALIZED cityHash64(function, if(request_id != '', request_id, hex(span_id))) CODEC(Delta, ZSTD),
    batch UInt64,
    source Enum8('span' = 1, 'early' = 2, 'report' = 3, 'exit' = 4, 'timeout' = 5),
    account LowCardinality(String), region LowCardinality(String), function LowCardinality(String),
    version LowCardinality(String), instance LowCardinality(String),
    request_id String, message_keys Array(UInt64), trace_id FixedString(16), span_id FixedString(8),
    start DateTime64(9) CODEC(Delta, ZSTD), duration_ns UInt64 CODEC(T64, ZSTD),
    error Bool, error_kind LowCardinality(String), error_type LowCardinality(String), error_message String,
    cold_start Bool, init_ms Float64, restore_ms Float64, billed_ms UInt64, timeout_ms UInt64, remaining_ms Float64,
    memory_size_bytes UInt64, memory_used_bytes UInt64,
    trigger LowCardinality(String), trigger_source LowCardinality(String), attempt UInt16,
    INDEX batch_range batch TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(start) ORDER BY (toStartOfHour(start), key)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)', index_granularity = 512,
    min_compress_block_size = 8192, max_compress_block_size = 16384
