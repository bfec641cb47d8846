-- Points of metrics of kind sum that came in the exporter's shape.
CREATE MATERIALIZED VIEW otel_metrics_sum_written TO metrics_in AS
WITH
{POINT_PLACED}
SELECT
    'sum' AS kind,
{POINT_COLUMNS},
    Value AS value, {TEMPORALITY} AS temporality, IsMonotonic AS monotonic,
    {EXEMPLARS} AS exemplars
FROM {WRITE}.otel_metrics_sum
