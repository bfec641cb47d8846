-- Calls whose spans stayed behind by sampling, added to the minute of their invocation as its summary tells them. How long
-- each took is not told: percentiles are of those whose spans were sent (0121), by their weight.
CREATE MATERIALIZED VIEW unsent_to_resource_minutes TO resource_minutes AS
SELECT call.1 AS resource_type, call.2 AS resource_name, call.3 AS operation, service, minute,
    toInt64(sum(call.4)) AS calls, toInt64(sum(least(call.5, call.4))) AS errors, toInt64(0) AS throttled,
    sum(toInt128(least(call.6, 1e12) * 1e6)) AS total_duration_ns,
    emptyArrayInt16() AS `durationMap.bucket`, emptyArrayInt64() AS `durationMap.count`
FROM (SELECT service, toStartOfMinute(start) AS minute, arrayJoin({PART(unsent_calls)}) AS call FROM spans WHERE unsent)
GROUP BY resource_type, resource_name, operation, service, minute
