-- The points of metrics of kind gauge.
CREATE MATERIALIZED VIEW gauge_to_metrics_in TO metrics_in AS
WITH
{PART(point_placed)},
    arrayMap(e -> (e.value = 'as_int', e.as_int, {TYPES(e.filtered_attributes)}), p.exemplars) AS of_exemplars
SELECT
    'gauge' AS kind,
{PART(point_told)},
    p.value = 'as_int' AS is_integer, if(is_integer, p.as_int, 0) AS integer,
    if(is_integer, toFloat64(p.as_int), p.as_double) AS value,
{PART(exemplars_told)}
FROM (
{PART(points_of)}
        gauge AS points
    FROM metrics_flat
) ARRAY JOIN points AS p
