-- | count(), ratio(error), p99(duration) by function
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- from rollup
SELECT r.function AS k0, toInt64(sum(r.invocations)) AS a0, (sum(r.errors) / nullIf(sum(r.invocations), 0)) AS a1, if((arrayCumSum((sumMap(r.`durationMap.bucket`, r.`durationMap.count`) AS summed).2) AS reached)[-1] = 0, NULL, 2 * pow(1.02, summed.1[arrayFirstIndex(x -> x > (0.99 * (reached[-1] - 1)), reached)]) / (1.02 + 1) * 1e6 * (1 - ((0.99 * (reached[-1] - 1)) - floor((0.99 * (reached[-1] - 1))))) + 2 * pow(1.02, summed.1[arrayFirstIndex(x -> x >= (0.99 * (reached[-1] - 1)) + 1, reached)]) / (1.02 + 1) * 1e6 * ((0.99 * (reached[-1] - 1)) - floor((0.99 * (reached[-1] - 1))))) AS a2
FROM function_minutes AS r
WHERE r.minute >= toDateTime(fromUnixTimestamp64Nano({start_ns:Int64}), 'UTC') AND r.minute < toDateTime(fromUnixTimestamp64Nano({end_ns:Int64}), 'UTC') AND 1
GROUP BY k0
LIMIT 50001
