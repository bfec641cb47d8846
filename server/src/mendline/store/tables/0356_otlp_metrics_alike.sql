-- Points of all kinds have one type, so that they go one way.
ALTER TABLE otlp_metrics MODIFY COLUMN
    resource_metrics Array(Tuple(
        resource Tuple(attributes Array(Tuple(key String, value {ANY_VALUE})), dropped_attributes_count UInt32),
        scope_metrics Array(Tuple(
            scope Tuple(name String, version String, attributes Array(Tuple(key String, value {ANY_VALUE})), dropped_attributes_count UInt32),
            metrics Array(Tuple(
                name String, description String, unit String,
                gauge Tuple(data_points Array({POINT})),
                sum Tuple(data_points Array({POINT}), aggregation_temporality Int32, is_monotonic Bool),
                histogram Tuple(data_points Array({POINT}), aggregation_temporality Int32),
                exponential_histogram Tuple(data_points Array({POINT}), aggregation_temporality Int32),
                summary Tuple(data_points Array({POINT})),
                metadata Array(Tuple(key String, value {ANY_VALUE}))
            )),
            schema_url String
        )),
        schema_url String
    ))
