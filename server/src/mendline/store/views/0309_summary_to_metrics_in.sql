-- The points of metrics of kind summary.
CREATE MATERIALIZED VIEW summary_to_metrics_in TO metrics_in AS
WITH
    fromUnixTimestamp64Nano(reinterpretAsInt64(p.time_unix_nano)) AS sent,
    p.time_unix_nano = 0 OR sent < received - INTERVAL {RETENTION_DAYS} DAY OR sent > received + INTERVAL 10 MINUTE AS outside
SELECT
    'summary' AS kind,
    received, resource, unit, description, name,
    cityHash64(toString(resource)) AS resource_id, scope_name, scope_version,
    {MAP(p.attributes)} AS attributes, cityHash64(resource_id, toString(attributes)) AS series,
    fromUnixTimestamp64Nano(reinterpretAsInt64(p.start_time_unix_nano)) AS start,
    if(outside, received, sent) AS time, outside AS placed_at_receipt, p.flags AS flags,
    p.count AS count, toNullable(p.sum) AS sum, p.quantile_values AS quantiles
FROM (
    SELECT received, resource, scope_name, scope_version, name, description, unit, summary AS points
    FROM metrics_flat
) ARRAY JOIN points AS p
