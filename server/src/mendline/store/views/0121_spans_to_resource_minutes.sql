-- Each operation that has ended, added to its minute.
CREATE MATERIALIZED VIEW spans_to_resource_minutes TO resource_minutes AS
SELECT resource_type, resource_name, operation, service, toStartOfMinute(start) AS minute, {RESOURCE_SUMS}
FROM spans
WHERE resource_type != '' AND NOT unfinished -- told again when it ends
GROUP BY resource_type, resource_name, operation, service, minute
