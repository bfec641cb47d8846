-- Points of metrics of kind summary that came in the exporter's shape.
CREATE MATERIALIZED VIEW otel_metrics_summary_written TO metrics_in AS
WITH
{POINT_PLACED}
SELECT
    'summary' AS kind,
{POINT_COLUMNS},
    Count AS count, Sum AS sum,
    arrayMap((q, v) -> (q, v), ValueAtQuantiles.Quantile, ValueAtQuantiles.Value) AS quantiles
FROM {WRITE}.otel_metrics_summary
