-- What was added to minutes, added to their day.
CREATE MATERIALIZED VIEW resource_minutes_to_resource_days TO resource_days AS
SELECT resource_type, resource_name, operation, service, toDate(minute) AS day,
    sum(calls) AS calls, sum(errors) AS errors, sum(throttled) AS throttled, sum(total_duration_ns) AS total_duration_ns,
    sumMap(durationMap.bucket, durationMap.count).1 AS `durationMap.bucket`,
    sumMap(durationMap.bucket, durationMap.count).2 AS `durationMap.count`
FROM resource_minutes
GROUP BY resource_type, resource_name, operation, service, day
