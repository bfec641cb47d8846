-- All of OTLP's fields, where 0301 took in those that had a column.
ALTER TABLE otlp_metrics MODIFY COLUMN
    resource_metrics Array(Tuple(
        resource Tuple(attributes Array(Tuple(key String, value {ANY_VALUE})), dropped_attributes_count UInt32),
        scope_metrics Array(Tuple(
            scope Tuple(name String, version String, attributes Array(Tuple(key String, value {ANY_VALUE})), dropped_attributes_count UInt32),
            metrics Array(Tuple(
                name String, description String, unit String,
                gauge Tuple(data_points Array({NUMBER_POINT})),
                sum Tuple(data_points Array({NUMBER_POINT}), aggregation_temporality Int32, is_monotonic Bool),
                histogram Tuple(data_points Array({HISTOGRAM_POINT}), aggregation_temporality Int32),
                exponential_histogram Tuple(data_points Array({EXPONENTIAL_POINT}), aggregation_temporality Int32),
                summary Tuple(data_points Array({SUMMARY_POINT})),
                metadata Array(Tuple(key String, value {ANY_VALUE}))
            )),
            schema_url String
        )),
        schema_url String
    ))
