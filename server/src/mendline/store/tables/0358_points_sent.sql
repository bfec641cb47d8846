-- One row per data point as it was sent, of what Python flattens (store/sent): columns in the order in which it writes them.
CREATE TABLE IF NOT EXISTS points_sent (
    offset UInt64, received_ns UInt64,
    resource Map(LowCardinality(String), String), resource_types String, resource_schema_url String, resource_dropped UInt32,
    scope_name String, scope_version String, scope_details String,
    name String, description String, unit String, metadata Map(LowCardinality(String), String), metadata_types String,
    kind Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
    sent_temporality Int32, monotonic Bool,
    start_time_unix_nano UInt64, time_unix_nano UInt64, flags UInt32,
    attributes Map(LowCardinality(String), String), attribute_types String,
    is_integer Bool, integer Int64, value Float64,
    count UInt64, sum Nullable(Float64), min Nullable(Float64), max Nullable(Float64),
    explicit_bounds Array(Float64), bucket_counts Array(UInt64),
    scale Int32, zero_count UInt64, zero_threshold Float64,
    positive Tuple(offset Int32, bucket_counts Array(UInt64)), negative Tuple(offset Int32, bucket_counts Array(UInt64)),
    quantile_values Array(Tuple(quantile Float64, value Float64)),
    exemplars Array(Tuple(time_unix_nano UInt64, is_integer Bool, as_int Int64, value Float64, trace_id String, span_id String,
        attributes Map(LowCardinality(String), String), attribute_types String))
) ENGINE = Null
