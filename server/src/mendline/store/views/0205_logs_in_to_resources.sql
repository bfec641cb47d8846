-- Each resource of a batch of logs.
CREATE MATERIALIZED VIEW logs_in_to_resources TO resources AS
SELECT resource_id, any(resource) AS resource, now() AS seen FROM logs_in GROUP BY resource_id
