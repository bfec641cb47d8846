-- functions health < 99% and errors > 0
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 0.99
-- v3 = 0
-- limit = 100
-- offset = 0
-- from raw
SELECT r.`function` AS `function`, r.`account` AS `account`, r.`region` AS `region`, r.`invocations` AS `invocations`, r.`errors` AS `errors`, r.`health` AS `health`, r.`cold_starts` AS `cold_starts`, r.`timeouts` AS `timeouts`, r.`cost` AS `cost`, toUnixTimestamp64Nano(r.`time`) AS `time`
FROM (SELECT any(r.account) AS `account`, sumIf(r.stands_for, r.cold_start) AS `cold_starts`, sum((if(r.memory_size_bytes = 0, NULL, if(r.billed_ms > 0, toFloat64(r.billed_ms), ceil(r.duration_ns / 1e6 + r.init_ms)) / 1000 * r.memory_size_bytes / 1073741824 * transform(r.region, ['af-south-1', 'ap-east-1', 'eu-south-1', 'me-central-1', 'me-south-1'], [2.21e-05, 2.292e-05, 1.95172e-05, 2.06667e-05, 2.06667e-05], 1.66667e-05) + transform(r.region, ['ap-east-1'], [2.8e-07], 2e-07))) * r.stands_for) AS `cost`, sumIf(r.stands_for, r.error) AS `errors`, any(r.function) AS `function`, 1 - sumIf(r.stands_for, r.error) / sum(r.stands_for) AS `health`, sum(r.stands_for) AS `invocations`, any(r.region) AS `region`, max(r.start) AS `time`, sumIf(r.stands_for, (r.error_type IN ('Function.Timeout', 'Sandbox.Timedout') OR r.error_type = 'timeout' AND r.unfinished)) AS `timeouts` FROM (SELECT *, execution, event_keys FROM invocations WHERE -- The condition of invocations of the range that still hold.
start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND sign = 1 AND (
                (SELECT count() = 0 FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
                OR (execution, revision) NOT IN (SELECT execution, revision FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})))
) AS r GROUP BY r.account, r.region, r.function) AS r
WHERE (ifNull(r.`health` < {v2:Float64}, 0) AND ifNull(r.`errors` > {v3:Int64}, 0))
ORDER BY r.`time` DESC NULLS LAST, toUnixTimestamp64Nano(r.`time`) DESC, r.`account`, r.`region`, r.`function`
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
