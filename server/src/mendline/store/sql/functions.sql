-- Every function invoked in the range (or only one), with its counts, durations and a trend in {slices} slices.
SELECT
    r.account AS account, r.region AS region, r.function AS name,
    count() AS invocations,
    countIf(r.error) AS errors,
    countIf({TIMED_OUT}) AS timeouts,
    countIf(r.cold_start) AS cold_starts,
    arrayMap(ns -> ns / 1e6, quantilesExactInclusive(0.5, 0.99)(r.duration_ns)) AS percentiles,
    max(r.duration_ns) / 1e6 AS max_ms,
    argMax(r.timeout_ms, r.start) AS timeout_ms,
    max(r.memory_size_bytes) AS memory_size_bytes,
    max(r.memory_used_bytes) AS memory_used_bytes,
    round(sum({COST}), 12) AS cost_usd,
    argMax(r.version, r.start) AS version,
    toUnixTimestamp64Nano(max(r.start)) AS last_invoked_ns,
    sumMap(map(toUInt16(intDiv((toUnixTimestamp64Nano(r.start) - {start_ns:Int64}) * {slices:Int64},
        {end_ns:Int64} - {start_ns:Int64})), 1)) AS trend
FROM invocations AS r
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND {CURRENT}
    AND (NOT {only:Bool} OR (r.account, r.region, r.function) = ({account:String}, {region:String}, {name:String}))
GROUP BY r.account, r.region, r.function
ORDER BY invocations DESC, name
LIMIT 5000
