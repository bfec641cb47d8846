-- Each resource of a batch of metrics.
CREATE MATERIALIZED VIEW metrics_in_to_resources TO resources AS
SELECT resource_id, any(resource) AS resource, now() AS seen FROM metrics_in GROUP BY resource_id
