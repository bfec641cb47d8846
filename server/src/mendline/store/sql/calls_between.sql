-- What each service called in the minutes of the range.
SELECT service, resource_type AS type, resource_name AS name, sum(resource_minutes.calls) AS calls,
    sum(resource_minutes.errors) AS errors, sumMap(`durationMap.bucket`, `durationMap.count`) AS durations
FROM resource_minutes
WHERE minute >= fromUnixTimestamp64Nano({start_ns:Int64}) AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY service, resource_type, resource_name
ORDER BY calls DESC, service, type, name
LIMIT 5000
