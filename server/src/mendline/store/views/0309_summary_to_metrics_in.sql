-- The points of metrics of kind summary.
CREATE MATERIALIZED VIEW summary_to_metrics_in TO metrics_in AS
WITH
{PART(point_placed)}
SELECT
    'summary' AS kind,
{PART(point_told)},
    p.count AS count, toNullable(p.sum) AS sum, p.quantile_values AS quantiles
FROM (
{PART(points_of)}
        summary AS points
    FROM metrics_flat
) ARRAY JOIN points AS p
