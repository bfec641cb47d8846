-- Each resource of a batch of spans.
CREATE MATERIALIZED VIEW spans_in_to_resources TO resources AS
{PART(resource_kept)}
FROM spans_in GROUP BY resource_id
