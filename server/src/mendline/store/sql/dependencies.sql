-- Every resource that was called in the minutes of the range (or one of them), with a trend in {slices} slices.
SELECT resource_type AS type, resource_name AS name,
    sum(resource_minutes.calls) AS calls, sum(resource_minutes.errors) AS errors, sum(resource_minutes.throttled) AS throttled,
    sum(total_duration_ns) AS duration_ns, sumMap(`durationMap.bucket`, `durationMap.count`) AS durations,
    groupUniqArray(50)(service) AS services,
    sumMap(map(toUInt16(intDiv((toUnixTimestamp(minute) * 1000000000 - {start_ns:Int64}) * {slices:Int64},
        {end_ns:Int64} - {start_ns:Int64})), resource_minutes.calls)) AS trend
FROM resource_minutes
WHERE minute >= fromUnixTimestamp64Nano({start_ns:Int64}) AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
    AND (NOT {only:Bool} OR (resource_type, resource_name) = ({type:String}, {name:String}))
GROUP BY resource_type, resource_name
ORDER BY calls DESC, type, name
LIMIT 5000
