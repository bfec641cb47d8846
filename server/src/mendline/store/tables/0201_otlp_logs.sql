-- The way in for logs: OTLP request bytes land here (columns as in otlp/logs.proto); nothing is kept in this table.
CREATE TABLE IF NOT EXISTS otlp_logs (
    resource_logs Array(Tuple(
        resource Tuple(attributes Array(Tuple(key String, value {ANY_VALUE}))),
        scope_logs Array(Tuple(
            scope Tuple(name String, version String),
            log_records Array(Tuple(
                time_unix_nano UInt64, severity_number Int32, severity_text String, body {ANY_VALUE},
                attributes Array(Tuple(key String, value {ANY_VALUE})), flags UInt32, trace_id String, span_id String,
                observed_time_unix_nano UInt64, event_name String
            ))
        ))
    )),
    spool_offset UInt64, received_unix_nano UInt64
) ENGINE = Null
