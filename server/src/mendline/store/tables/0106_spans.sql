-- Every span. Maps are kept in buckets so that one key is read without the others; ids are bytes. Granules are small, because
-- the few spans of a trace lie in as many of them, and each is read whole.
CREATE TABLE IF NOT EXISTS spans (
    trace_id FixedString(16), span_id FixedString(8), parent_id FixedString(8), trace_state String, flags UInt32,
    name LowCardinality(String), kind UInt8,
    start DateTime64(9) CODEC(Delta, ZSTD), duration_ns UInt64 CODEC(T64, ZSTD), placed_at_receipt Bool,
    status UInt8, status_message String,
    service LowCardinality(String), resource_id UInt64,
    function LowCardinality(String),                         -- of which it is an invocation, else empty
    -- what it calls, where it is an operation (store/resource_columns.py), and the kind of its error
    resource_type LowCardinality(String), resource_name LowCardinality(String), operation LowCardinality(String),
    error_kind LowCardinality(String),
    scope_name LowCardinality(String), scope_version LowCardinality(String),
    -- types of attributes that are no texts: lines of key, tab, type; the same for most spans of a name
    attributes Map(LowCardinality(String), String), attribute_types LowCardinality(String),
    events Array(Tuple(time DateTime64(9), name String, attributes Map(LowCardinality(String), String))),
    links Array(Tuple(trace_id FixedString(16), span_id FixedString(8), attributes Map(LowCardinality(String), String))),
    INDEX trace_id_bloom trace_id TYPE bloom_filter(0.01) GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY toDate(start) ORDER BY (service, name, toStartOfHour(start), start)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)', index_granularity = 2048,
    map_serialization_version = 'with_buckets', map_serialization_version_for_zero_level_parts = 'basic',
    map_buckets_min_avg_size = 0, map_buckets_coefficient = 2
