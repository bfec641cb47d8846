-- Resources by day, oldest first; an empty name is every resource.
SELECT toUnixTimestamp(toDateTime(day, 'UTC')) AS at, resource_type AS type, resource_name AS name, operation, service,
    sum(resource_days.calls) AS calls, sum(resource_days.errors) AS errors, sum(resource_days.throttled) AS throttled,
    sum(total_duration_ns) AS duration_ns, sumMap(`durationMap.bucket`, `durationMap.count`) AS durations
FROM resource_days
WHERE day >= toDate(fromUnixTimestamp64Nano({start_ns:Int64})) AND day <= toDate(fromUnixTimestamp64Nano({end_ns:Int64} - 1))
    AND ({name:String} = '' OR resource_name = {name:String})
GROUP BY day, resource_type, resource_name, operation, service
ORDER BY day, type, name, operation, service
