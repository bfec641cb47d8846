-- The same of data points that Python flattened: their attributes are texts already.
CREATE MATERIALIZED VIEW points_sent_to_metrics_in TO metrics_in AS
WITH
    fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received,
{PART(point_placed)},
    arrayMap(e -> (e.is_integer, e.as_int, e.attribute_types), p.exemplars) AS of_exemplars
SELECT
{PART(resource_hashed)}
{PART(point_told)}
    p.attributes AS attributes, p.attribute_types AS attribute_types,
    p.is_integer AS is_integer, p.integer AS integer, p.value AS value, p.sum AS sum,
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)), e.value,
        toFixedString(if(length(e.trace_id) = 16, e.trace_id, ''), 16),
        toFixedString(if(length(e.span_id) = 8, e.span_id, ''), 8), e.attributes), p.exemplars) AS exemplars
FROM points_sent AS p
