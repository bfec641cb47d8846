-- One row per metric, with its points, before they are spread: a view for each kind reads from here.
CREATE TABLE IF NOT EXISTS metrics_flat (
    received DateTime64(9), resource Map(LowCardinality(String), String), scope_name String, scope_version String,
    name String, description String, unit String,
    gauge Array({NUMBER_POINT}), sum Array({NUMBER_POINT}), sum_temporality Int32, monotonic Bool,
    histogram Array({HISTOGRAM_POINT}), histogram_temporality Int32,
    exponential_histogram Array({EXPONENTIAL_POINT}), exponential_histogram_temporality Int32,
    summary Array({SUMMARY_POINT})
) ENGINE = Null
