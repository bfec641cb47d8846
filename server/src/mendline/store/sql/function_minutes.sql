-- Functions by minute, oldest first; an empty name is every function.
SELECT toUnixTimestamp(toDateTime(minute, 'UTC')) AS at, account, region, function AS name,
    sum(function_minutes.invocations) AS invocations, sum(function_minutes.errors) AS errors, sum(function_minutes.timeouts) AS timeouts,
    sum(function_minutes.cold_starts) AS cold_starts, sum(unfinished_count) AS unfinished,
    sum(total_duration_ns) AS duration_ns, sum(total_billed_ms) AS billed_ms, sum(total_billed_byte_ms) AS billed_byte_ms,
    sumMap(`durationMap.bucket`, `durationMap.count`) AS durations
FROM function_minutes
WHERE minute >= fromUnixTimestamp64Nano({start_ns:Int64}) AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
    AND ({name:String} = '' OR function = {name:String})
GROUP BY minute, account, region, function
HAVING invocations > 0
ORDER BY minute, account, region, function
