-- The way in for traces: OTLP request bytes land here (columns as in otlp/traces.proto); nothing is kept in this table.
CREATE TABLE IF NOT EXISTS otlp_traces (
    resource_spans Array(Tuple(
        resource Tuple(attributes Array(Tuple(key String, value {ANY_VALUE}))),
        scope_spans Array(Tuple(
            scope Tuple(name String, version String),
            spans Array(Tuple(
                trace_id String, span_id String, trace_state String, parent_span_id String,
                name String, kind Int32, start_time_unix_nano UInt64, end_time_unix_nano UInt64,
                attributes Array(Tuple(key String, value {ANY_VALUE})),
                events Array(Tuple(time_unix_nano UInt64, name String, attributes Array(Tuple(key String, value {ANY_VALUE})))),
                links Array(Tuple(trace_id String, span_id String, trace_state String, attributes Array(Tuple(key String, value {ANY_VALUE})))),
                status Tuple(message String, code Int32),
                flags UInt32
            ))
        ))
    )),
    spool_offset UInt64, received_unix_nano UInt64
) ENGINE = Null
