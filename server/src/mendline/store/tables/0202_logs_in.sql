-- One row per log record, flat, before it is spread. A record without a time has the one at which it was observed; times
-- outside [receipt - {RETENTION_DAYS} d, receipt + 10 min] are placed at receipt, and placed_at_receipt says so.
CREATE TABLE IF NOT EXISTS logs_in (
    time DateTime64(9), observed DateTime64(9), received DateTime64(9), placed_at_receipt Bool, batch UInt64,
    trace_id FixedString(16), span_id FixedString(8), flags UInt32,
    severity_number UInt8, severity_text String, event_name String, body String,
    resource_id UInt64, resource Map(LowCardinality(String), String),
    scope_name LowCardinality(String), scope_version LowCardinality(String),
    attributes Map(LowCardinality(String), String), attribute_types LowCardinality(String)
) ENGINE = Null
