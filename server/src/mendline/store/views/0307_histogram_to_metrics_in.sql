-- The points of metrics of kind histogram.
CREATE MATERIALIZED VIEW histogram_to_metrics_in TO metrics_in AS
WITH
{PART(point_placed)},
    arrayMap(e -> (e.value = 'as_int', e.as_int, {TYPES(e.filtered_attributes)}), p.exemplars) AS of_exemplars
SELECT
    'histogram' AS kind,
{PART(point_told)},
    p.count AS count, p.sum AS sum, p.min AS min, p.max AS max,
    p.explicit_bounds AS bounds, p.bucket_counts AS counts,
    toUInt8(if(histogram_temporality BETWEEN 0 AND 2, histogram_temporality, 0)) AS temporality,
{PART(exemplars_told)}
FROM (
{PART(points_of)}
        histogram_temporality, histogram AS points
    FROM metrics_flat
) ARRAY JOIN points AS p
