-- Resources by minute, oldest first; an empty name is every resource.
SELECT toUnixTimestamp(toDateTime(minute, 'UTC')) AS at, resource_type AS type, resource_name AS name, operation, service,
    sum(resource_minutes.calls) AS calls, sum(resource_minutes.errors) AS errors, sum(resource_minutes.throttled) AS throttled,
    sum(total_duration_ns) AS duration_ns, sumMap(`durationMap.bucket`, `durationMap.count`) AS durations
FROM resource_minutes
WHERE minute >= fromUnixTimestamp64Nano({start_ns:Int64}) AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
    AND ({name:String} = '' OR resource_name = {name:String})
GROUP BY minute, resource_type, resource_name, operation, service
ORDER BY minute, type, name, operation, service
