-- error | count() by function, error.type | over 10m | where count() > 10
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- from raw
SELECT r.function AS k0, r.error_type AS k1, sum(r.stands_for) AS a0
FROM (SELECT *, execution, event_keys FROM invocations WHERE -- The condition of invocations of the range that still hold.
start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND sign = 1 AND (
                (SELECT count() = 0 FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
                OR (execution, revision) NOT IN (SELECT execution, revision FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})))
) AS r
WHERE toBool(r.error)
GROUP BY k0, k1
LIMIT 50001
