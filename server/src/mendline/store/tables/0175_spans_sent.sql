-- One row per span as it was sent, of what Python flattens (store/sent): columns in the order in which it writes them.
CREATE TABLE IF NOT EXISTS spans_sent (
    offset UInt64, received_ns UInt64,
    resource Map(LowCardinality(String), String), resource_types String, resource_schema_url String, resource_dropped UInt32,
    scope_name String, scope_version String, scope_details String,
    trace_id String, span_id String, trace_state String, parent_span_id String, flags UInt32,
    name String, kind Int32, start_time_unix_nano UInt64, end_time_unix_nano UInt64,
    status Tuple(message String, code Int32),
    attributes Map(LowCardinality(String), String), attribute_types String, dropped_attributes_count UInt32,
    events Array(Tuple(time_unix_nano UInt64, name String,
        attributes Map(LowCardinality(String), String), attribute_types String, dropped_attributes_count UInt32)),
    dropped_events_count UInt32,
    links Array(Tuple(trace_id String, span_id String, trace_state String, flags UInt32,
        attributes Map(LowCardinality(String), String), attribute_types String, dropped_attributes_count UInt32)),
    dropped_links_count UInt32
) ENGINE = Null
