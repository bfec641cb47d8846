-- The points of metrics of kind exponential_histogram.
CREATE MATERIALIZED VIEW exponential_histogram_to_metrics_in TO metrics_in AS
WITH
{PART(point_placed)},
    arrayMap(e -> (e.value = 'as_int', e.as_int, {TYPES(e.filtered_attributes)}), p.exemplars) AS of_exemplars
SELECT
    'exponential_histogram' AS kind,
{PART(point_told)},
    p.count AS count, p.sum AS sum, p.min AS min, p.max AS max,
    p.scale AS scale, p.zero_count AS zero_count, p.zero_threshold AS zero_threshold,
    p.positive.offset AS positive_offset, p.positive.bucket_counts AS positive_counts,
    p.negative.offset AS negative_offset, p.negative.bucket_counts AS negative_counts,
    toUInt8(if(exponential_histogram_temporality BETWEEN 0 AND 2, exponential_histogram_temporality, 0)) AS temporality,
{PART(exemplars_told)}
FROM (
{PART(points_of)}
        exponential_histogram_temporality, exponential_histogram AS points
    FROM metrics_flat
) ARRAY JOIN points AS p
