-- Each operation that has ended, added to its day.
CREATE MATERIALIZED VIEW spans_to_resource_days TO resource_days AS
SELECT resource_type, resource_name, operation, service, toDate(start) AS day, {RESOURCE_SUMS}
FROM spans
WHERE resource_type != '' AND attributes['mendline.unfinished'] != 'true' -- told again when it ends
GROUP BY resource_type, resource_name, operation, service, day
