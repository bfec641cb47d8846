-- One row per data point of any kind, before it is kept. `received` is when; times are placed as those of logs are.
CREATE TABLE IF NOT EXISTS metrics_in (
    received DateTime64(9), resource Map(LowCardinality(String), String), unit String, description String,
    name LowCardinality(String),
    kind Enum8('gauge' = 1, 'sum' = 2, 'histogram' = 3, 'exponential_histogram' = 4, 'summary' = 5),
     resource_id UInt64,
    scope_name LowCardinality(String), scope_version LowCardinality(String),
    attributes Map(LowCardinality(String), String), series UInt64,
    start DateTime64(9), time DateTime64(9), placed_at_receipt Bool,
    value Float64, integer Int64, is_integer Bool,
    count UInt64, sum Nullable(Float64), min Nullable(Float64), max Nullable(Float64),
    bounds Array(Float64), counts Array(UInt64),
    scale Int32, zero_count UInt64, zero_threshold Float64,
    positive_offset Int32, positive_counts Array(UInt64), negative_offset Int32, negative_counts Array(UInt64),
    quantiles Array(Tuple(quantile Float64, value Float64)),
    temporality UInt8, monotonic Bool, flags UInt32,
    exemplars Array(Tuple(time DateTime64(9), value Float64, trace_id FixedString(16), span_id FixedString(8),
        attributes Map(LowCardinality(String), String)))
) ENGINE = Null
