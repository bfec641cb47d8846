-- Every function invoked in the range (or only one), with its counts, durations and a trend in {slices} slices.
SELECT
    account, region, function AS name,
    count() AS invocations,
    countIf(error) AS errors,
    countIf(cold_start) AS cold_starts,
    quantiles(0.5, 0.99)(duration_ns / 1e6) AS percentiles,
    max(duration_ns) / 1e6 AS max_ms,
    argMax(timeout_ms, start) AS timeout_ms,
    max(memory_size_bytes) AS memory_size_bytes,
    max(memory_used_bytes) AS memory_used_bytes,
    toUnixTimestamp64Nano(max(start)) AS last_invoked_ns,
    sumMap(map(toUInt16(intDiv((toUnixTimestamp64Nano(start) - {start_ns:Int64}) * {slices:Int64},
        {end_ns:Int64} - {start_ns:Int64})), 1)) AS trend
FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND {CURRENT}
    AND (NOT {only:Bool} OR (account, region, function) = ({account:String}, {region:String}, {name:String}))
GROUP BY account, region, function
ORDER BY invocations DESC, name
LIMIT 5000
