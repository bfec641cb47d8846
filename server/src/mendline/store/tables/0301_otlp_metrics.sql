-- The way in for metrics: OTLP request bytes land here (columns as in otlp/metrics.proto); nothing is kept in this table.
CREATE TABLE IF NOT EXISTS otlp_metrics (
    resource_metrics Array(Tuple(
        resource Tuple(attributes Array(Tuple(key String, value {ANY_VALUE}))),
        scope_metrics Array(Tuple(
            scope Tuple(name String, version String),
            metrics Array(Tuple(
                name String, description String, unit String,
                gauge Tuple(data_points Array({NUMBER_POINT})),
                sum Tuple(data_points Array({NUMBER_POINT}), aggregation_temporality Int32, is_monotonic Bool),
                histogram Tuple(data_points Array({HISTOGRAM_POINT}), aggregation_temporality Int32),
                exponential_histogram Tuple(data_points Array({EXPONENTIAL_POINT}), aggregation_temporality Int32),
                summary Tuple(data_points Array({SUMMARY_POINT}))
            ))
        ))
    )),
    spool_offset UInt64, received_unix_nano UInt64
) ENGINE = Null
