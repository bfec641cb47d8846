-- Each resource of a batch of metrics.
CREATE MATERIALIZED VIEW metrics_in_to_resources TO resources AS
{PART(resource_kept)}
FROM metrics_in GROUP BY resource_id
