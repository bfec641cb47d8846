-- How long the calls to resources of these names took in the range, by caller: counts by bucket, of one minute in {every},
-- which a hash chooses, and of each minute where the name is one of {few}.
SELECT resource_type AS type, resource_name AS name, operation, service,
    sumMap(`durationMap.bucket`, `durationMap.count`) AS durations
FROM resource_minutes
WHERE minute >= toStartOfMinute(fromUnixTimestamp64Nano({start_ns:Int64})) AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
    AND resource_name IN {names:Array(String)}
    AND (cityHash64(minute) % {every:UInt32} = 0 OR resource_name IN {few:Array(String)})
GROUP BY resource_type, resource_name, operation, service
LIMIT 5000
