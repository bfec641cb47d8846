-- Each metric of a batch.
CREATE MATERIALIZED VIEW metrics_in_to_metric_names TO metric_names AS
SELECT name, kind, unit, any(description) AS description,
    any(metadata) AS metadata, any(metadata_types) AS metadata_types, now() AS seen
FROM metrics_in GROUP BY name, kind, unit
