-- Each resource of a batch of logs.
CREATE MATERIALIZED VIEW logs_in_to_resources TO resources AS
{PART(resource_kept)}
FROM logs_in GROUP BY resource_id
