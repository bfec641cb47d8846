-- Of a function, by the size of its memory: how many warm executions went well, a sample of their durations, what they were
-- billed, and the most memory that was used. Of all executions: how many ran out of memory.
SELECT r.memory_size_bytes AS size_bytes, count() AS executions, countIf(r.error_kind = 'oom') AS out_of_memory,
    countIf(warm) AS warm_ones, groupArraySampleIf(2000, 1)(r.duration_ns / 1e6, warm) AS durations,
    avgIf(billed, warm) AS billed_ms, stddevSampIf(billed, warm) AS billed_deviation,
    max(r.memory_used_bytes) AS most_used, toUnixTimestamp64Nano(min(r.start)) AS first_ns, toUnixTimestamp64Nano(max(r.start)) AS last_ns,
    toUnixTimestamp64Nano(minIf(r.start, r.error_kind = 'oom')) AS first_oom_ns, argMax(r.region, r.start) AS region,
    sumIf({COST}, r.error_kind = 'oom') AS oom_usd
FROM (
    SELECT *, NOT cold_start AND NOT error AS warm, if(billed_ms > 0, toFloat64(billed_ms), ceil(duration_ns / 1e6 + init_ms)) AS billed
    FROM invocations
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
        AND function = {function:String} AND memory_size_bytes > 0
) AS r
GROUP BY size_bytes
ORDER BY last_ns DESC
LIMIT 100
