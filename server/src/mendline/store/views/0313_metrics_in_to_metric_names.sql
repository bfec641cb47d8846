-- Each metric of a batch.
CREATE MATERIALIZED VIEW metrics_in_to_metric_names TO metric_names AS
SELECT name, kind, unit, any(description) AS description, now() AS seen FROM metrics_in GROUP BY name, kind, unit
