-- Points of metrics of kind exponential_histogram that came in the exporter's shape.
CREATE MATERIALIZED VIEW otel_metrics_exponential_histogram_written TO metrics_in AS
WITH
{POINT_PLACED}
SELECT
    'exponential_histogram' AS kind,
{POINT_COLUMNS},
    Count AS count, Sum AS sum, Min AS min, Max AS max, Scale AS scale, ZeroCount AS zero_count,
    PositiveOffset AS positive_offset, PositiveBucketCounts AS positive_counts,
    NegativeOffset AS negative_offset, NegativeBucketCounts AS negative_counts, {TEMPORALITY} AS temporality,
    {EXEMPLARS} AS exemplars
FROM {WRITE}.otel_metrics_exponential_histogram
