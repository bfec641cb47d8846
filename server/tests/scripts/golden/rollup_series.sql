-- | p50(duration), p99(duration) by function | over 1h every 1h
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 86400000000000
-- v3 = 3600000000000
-- from rollup
SELECT toUInt32(greatest(0, toInt64(floor((toInt64(toUnixTimestamp(r.minute)) * 1000000000 - {v2:Int64}) / {v3:Int64})) + 1)) AS step, r.function AS k0, if((arrayCumSum((sumMap(r.`durationMap.bucket`, r.`durationMap.count`) AS summed).2) AS reached)[-1] = 0, NULL, 2 * pow(1.02, summed.1[arrayFirstIndex(x -> x > (0.5 * (reached[-1] - 1)), reached)]) / (1.02 + 1) * 1e6 * (1 - ((0.5 * (reached[-1] - 1)) - floor((0.5 * (reached[-1] - 1))))) + 2 * pow(1.02, summed.1[arrayFirstIndex(x -> x >= (0.5 * (reached[-1] - 1)) + 1, reached)]) / (1.02 + 1) * 1e6 * ((0.5 * (reached[-1] - 1)) - floor((0.5 * (reached[-1] - 1))))) AS a0, if((arrayCumSum((sumMap(r.`durationMap.bucket`, r.`durationMap.count`) AS summed).2) AS reached)[-1] = 0, NULL, 2 * pow(1.02, summed.1[arrayFirstIndex(x -> x > (0.99 * (reached[-1] - 1)), reached)]) / (1.02 + 1) * 1e6 * (1 - ((0.99 * (reached[-1] - 1)) - floor((0.99 * (reached[-1] - 1))))) + 2 * pow(1.02, summed.1[arrayFirstIndex(x -> x >= (0.99 * (reached[-1] - 1)) + 1, reached)]) / (1.02 + 1) * 1e6 * ((0.99 * (reached[-1] - 1)) - floor((0.99 * (reached[-1] - 1))))) AS a1
FROM function_minutes AS r
WHERE r.minute >= toDateTime(fromUnixTimestamp64Nano({start_ns:Int64}), 'UTC') AND r.minute < toDateTime(fromUnixTimestamp64Nano({end_ns:Int64}), 'UTC') AND 1
GROUP BY step, k0
LIMIT 50001
