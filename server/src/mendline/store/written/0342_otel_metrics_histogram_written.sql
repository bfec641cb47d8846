-- Points of metrics of kind histogram that came in the exporter's shape.
CREATE MATERIALIZED VIEW otel_metrics_histogram_written TO metrics_in AS
WITH
{POINT_PLACED}
SELECT
    'histogram' AS kind,
{POINT_COLUMNS},
    Count AS count, Sum AS sum, Min AS min, Max AS max, ExplicitBounds AS bounds, BucketCounts AS counts,
    {TEMPORALITY} AS temporality,
    {EXEMPLARS} AS exemplars
FROM {WRITE}.otel_metrics_histogram
