-- One row per span, flat, before it is spread. Times outside [now - {RETENTION_DAYS} d, now + 10 min] are placed at
-- receipt, and placed_at_receipt says so: one insert then never touches more partitions than the retention has days. It
-- also says that the length is 0 because the end was more than 10 min ahead, or the span longer than the retention.
CREATE TABLE IF NOT EXISTS spans_in (
    batch UInt64, trace_id FixedString(16), span_id FixedString(8), parent_id FixedString(8), trace_state String, flags UInt32,
    name LowCardinality(String), kind UInt8,
    start DateTime64(9), duration_ns UInt64, placed_at_receipt Bool,
    status UInt8, status_message String,
    resource_id UInt64, resource Map(LowCardinality(String), String),
    scope_name LowCardinality(String), scope_version LowCardinality(String),
    attributes Map(LowCardinality(String), String), attribute_types LowCardinality(String),
    events Array(Tuple(time DateTime64(9), name String, attributes Map(LowCardinality(String), String))),
    links Array(Tuple(trace_id FixedString(16), span_id FixedString(8), attributes Map(LowCardinality(String), String)))
) ENGINE = Null
