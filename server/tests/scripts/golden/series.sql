-- duration > 1s | count() by function | over 1h every 1h
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 1000000000
-- v3 = 86400000000000
-- v4 = 3600000000000
-- from raw
SELECT toUInt32(greatest(0, toInt64(floor((toUnixTimestamp64Nano(r.start) - {v3:Int64}) / {v4:Int64})) + 1)) AS step, r.function AS k0, sum(r.stands_for) AS a0
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
GROUP BY step, k0
LIMIT 50001
