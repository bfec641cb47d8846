-- | count(), ratio(error), p99(duration) by function
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- from rollup
SELECT k0, a0, a1, if(reached[-1] = 0, NULL, 2e6 / (1.02 + 1) * pow(1.02, buckets[arrayFirstIndex(x -> x > a2_from, reached)]) * (1 - (a2_at - a2_from)) + 2e6 / (1.02 + 1) * pow(1.02, buckets[arrayFirstIndex(x -> x > a2_to, reached)]) * (a2_at - a2_from)) AS a2
FROM (SELECT *, 0.99 * (reached[-1] - 1) AS a2_at, toInt64(floor(a2_at)) AS a2_from, toInt64(ceil(a2_at)) AS a2_to FROM (
SELECT r.function AS k0, toInt64(sum(r.invocations)) AS a0, (sum(r.errors) / nullIf(sum(r.invocations), 0)) AS a1, (sumMap(r.`durationMap.bucket`, r.`durationMap.count`) AS summed).1 AS buckets, arrayCumSum(summed.2) AS reached
FROM function_minutes AS r
WHERE r.minute >= toDateTime(fromUnixTimestamp64Nano({start_ns:Int64}), 'UTC') AND r.minute < toDateTime(fromUnixTimestamp64Nano({end_ns:Int64}), 'UTC') AND 1
GROUP BY k0
LIMIT 50001))
