-- | p50(duration), p99(duration) by function | over 1h every 1h
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 86400000000000
-- v3 = 3600000000000
-- from rollup
SELECT step, k0, if(reached[-1] = 0, NULL, 2e6 / (1.02 + 1) * pow(1.02, buckets[arrayFirstIndex(x -> x > a0_from, reached)]) * (1 - (a0_at - a0_from)) + 2e6 / (1.02 + 1) * pow(1.02, buckets[arrayFirstIndex(x -> x > a0_to, reached)]) * (a0_at - a0_from)) AS a0, if(reached[-1] = 0, NULL, 2e6 / (1.02 + 1) * pow(1.02, buckets[arrayFirstIndex(x -> x > a1_from, reached)]) * (1 - (a1_at - a1_from)) + 2e6 / (1.02 + 1) * pow(1.02, buckets[arrayFirstIndex(x -> x > a1_to, reached)]) * (a1_at - a1_from)) AS a1
FROM (SELECT *, 0.5 * (reached[-1] - 1) AS a0_at, toInt64(floor(a0_at)) AS a0_from, toInt64(ceil(a0_at)) AS a0_to, 0.99 * (reached[-1] - 1) AS a1_at, toInt64(floor(a1_at)) AS a1_from, toInt64(ceil(a1_at)) AS a1_to FROM (
SELECT toUInt32(greatest(0, toInt64(floor((toInt64(toUnixTimestamp(r.minute)) * 1000000000 - {v2:Int64}) / {v3:Int64})) + 1)) AS step, r.function AS k0, (sumMap(r.`durationMap.bucket`, r.`durationMap.count`) AS summed).1 AS buckets, arrayCumSum(summed.2) AS reached
FROM function_minutes AS r
WHERE r.minute >= toDateTime(fromUnixTimestamp64Nano({start_ns:Int64}), 'UTC') AND r.minute < toDateTime(fromUnixTimestamp64Nano({end_ns:Int64}), 'UTC') AND 1
GROUP BY step, k0
LIMIT 50001))
