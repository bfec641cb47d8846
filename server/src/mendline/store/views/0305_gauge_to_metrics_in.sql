-- The points of metrics of kind gauge.
CREATE MATERIALIZED VIEW gauge_to_metrics_in TO metrics_in AS
WITH
    fromUnixTimestamp64Nano(reinterpretAsInt64(p.time_unix_nano)) AS sent,
    p.time_unix_nano = 0 OR sent < received - INTERVAL {RETENTION_DAYS} DAY OR sent > received + INTERVAL 10 MINUTE AS outside
SELECT
    'gauge' AS kind,
    received, resource, unit, description, name,
    cityHash64(toString(resource)) AS resource_id, scope_name, scope_version,
    {MAP(p.attributes)} AS attributes, cityHash64(resource_id, toString(attributes)) AS series,
    fromUnixTimestamp64Nano(reinterpretAsInt64(p.start_time_unix_nano)) AS start,
    if(outside, received, sent) AS time, outside AS placed_at_receipt, p.flags AS flags,
    p.value = 'as_int' AS is_integer, if(is_integer, p.as_int, 0) AS integer,
    if(is_integer, toFloat64(p.as_int), p.as_double) AS value,
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)),
        if(e.value = 'as_int', toFloat64(e.as_int), e.as_double), toFixedString(if(length(e.trace_id) = 16, e.trace_id, ''), 16),
        toFixedString(if(length(e.span_id) = 8, e.span_id, ''), 8), {MAP(e.filtered_attributes)}), p.exemplars) AS exemplars
FROM (
    SELECT received, resource, scope_name, scope_version, name, description, unit, gauge AS points
    FROM metrics_flat
) ARRAY JOIN points AS p
