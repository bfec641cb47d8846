-- duration > 1s | count(), avg(duration) by version
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 1000000000
-- from raw
SELECT r.version AS k0, sum(r.stands_for) AS a0, (sum((r.duration_ns) * r.stands_for) / nullIf(sumIf(r.stands_for, isNotNull(r.duration_ns)), 0)) AS a1
FROM (SELECT *, execution, event_keys FROM invocations WHERE -- The condition of invocations of the range that still hold.
start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND sign = 1 AND (
                (SELECT count() = 0 FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
                OR (execution, revision) NOT IN (SELECT execution, revision FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})))
) AS r
WHERE ifNull(r.duration_ns > {v2:Int64}, 0)
GROUP BY k0
LIMIT 50001
