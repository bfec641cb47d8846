-- Points of metrics of kind gauge that came in the exporter's shape.
CREATE MATERIALIZED VIEW otel_metrics_gauge_written TO metrics_in AS
WITH
{POINT_PLACED}
SELECT
    'gauge' AS kind,
{POINT_COLUMNS},
    Value AS value,
    {EXEMPLARS} AS exemplars
FROM {WRITE}.otel_metrics_gauge
