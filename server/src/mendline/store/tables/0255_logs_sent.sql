-- One row per log record as it was sent, of what Python flattens (store/sent): columns in the order in which it writes them.
CREATE TABLE IF NOT EXISTS logs_sent (
    offset UInt64, received_ns UInt64,
    resource Map(LowCardinality(String), String), resource_types String, resource_schema_url String, resource_dropped UInt32,
    scope_name String, scope_version String, scope_details String,
    time_unix_nano UInt64, observed_time_unix_nano UInt64, trace_id String, span_id String, flags UInt32,
    severity_number Int32, severity_text String, event_name String, body String, body_type String,
    attributes Map(LowCardinality(String), String), attribute_types String, dropped_attributes_count UInt32
) ENGINE = Null
