-- All of OTLP's fields, where 0201 took in those that had a column.
ALTER TABLE otlp_logs MODIFY COLUMN
    resource_logs Array(Tuple(
        resource Tuple(attributes Array(Tuple(key String, value {ANY_VALUE})), dropped_attributes_count UInt32),
        scope_logs Array(Tuple(
            scope Tuple(name String, version String, attributes Array(Tuple(key String, value {ANY_VALUE})), dropped_attributes_count UInt32),
            log_records Array(Tuple(
                time_unix_nano UInt64, severity_number Int32, severity_text String, body {ANY_VALUE},
                attributes Array(Tuple(key String, value {ANY_VALUE})), dropped_attributes_count UInt32,
                flags UInt32, trace_id String, span_id String, observed_time_unix_nano UInt64, event_name String
            )),
            schema_url String
        )),
        schema_url String
    ))
