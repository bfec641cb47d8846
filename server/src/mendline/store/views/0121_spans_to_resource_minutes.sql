-- Each operation, added to its minute.
CREATE MATERIALIZED VIEW spans_to_resource_minutes TO resource_minutes AS
SELECT resource_type, resource_name, operation, service, toStartOfMinute(start) AS minute, {RESOURCE_SUMS}
FROM spans
WHERE resource_type != ''
GROUP BY resource_type, resource_name, operation, service, minute
