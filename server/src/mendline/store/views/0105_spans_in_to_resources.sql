-- Each resource of a batch.
CREATE MATERIALIZED VIEW spans_in_to_resources TO resources AS
SELECT resource_id, any(resource) AS resource, now() AS seen FROM spans_in GROUP BY resource_id
