-- | sum(cost) by function
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- from raw
SELECT r.function AS k0, ifNull(sum((if(r.memory_size_bytes = 0, NULL, if(r.billed_ms > 0, toFloat64(r.billed_ms), ceil(r.duration_ns / 1e6 + r.init_ms)) / 1000 * r.memory_size_bytes / 1073741824 * transform(r.region, ['af-south-1', 'ap-east-1', 'eu-south-1', 'me-central-1', 'me-south-1'], [2.21e-05, 2.292e-05, 1.95172e-05, 2.06667e-05, 2.06667e-05], 1.66667e-05) + transform(r.region, ['ap-east-1'], [2.8e-07], 2e-07))) * r.stands_for), 0) AS a0
FROM (SELECT *, execution, event_keys FROM invocations WHERE -- The condition of invocations of the range that still hold.
start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND sign = 1 AND (
                (SELECT count() = 0 FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
                OR (execution, revision) NOT IN (SELECT execution, revision FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})))
) AS r
WHERE 1
GROUP BY k0
LIMIT 50001
