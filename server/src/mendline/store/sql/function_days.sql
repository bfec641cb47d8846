-- Functions by day, oldest first; an empty name is every function.
SELECT toUnixTimestamp(toDateTime(day, 'UTC')) AS at, account, region, function AS name,
    sum(function_days.invocations) AS invocations, sum(function_days.errors) AS errors, sum(function_days.timeouts) AS timeouts,
    sum(function_days.cold_starts) AS cold_starts, sum(unfinished_count) AS unfinished,
    sum(total_duration_ns) AS duration_ns, sum(total_billed_ms) AS billed_ms, sum(total_billed_byte_ms) AS billed_byte_ms,
    sumMap(`durationMap.bucket`, `durationMap.count`) AS durations
FROM function_days
WHERE day >= toDate(fromUnixTimestamp64Nano({start_ns:Int64})) AND day <= toDate(fromUnixTimestamp64Nano({end_ns:Int64} - 1))
    AND ({name:String} = '' OR function = {name:String})
GROUP BY day, account, region, function
HAVING invocations > 0
ORDER BY day, account, region, function
