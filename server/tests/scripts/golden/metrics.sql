-- metrics name:sqs.messages_visible | max(value) by queue
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 'queue'
-- v3 = 'sqs.messages_visible'
-- from raw
SELECT multiIf(r.attributes[{v2:String}] != '', r.attributes[{v2:String}], q.`v0`) AS k0, maxOrNull((if(isFinite(if(r.kind IN ('gauge', 'sum'), if(r.is_integer, toFloat64(r.integer), r.value), r.sum / nullIf(r.count, 0))), if(r.kind IN ('gauge', 'sum'), if(r.is_integer, toFloat64(r.integer), r.value), r.sum / nullIf(r.count, 0)), NULL) * 1.0)) AS a0
FROM (SELECT * FROM metrics WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})) AS r ANY LEFT JOIN (SELECT resource_id, q.resource[{v2:String}] AS `v0` FROM resources AS q) AS q ON r.resource_id = q.resource_id
WHERE (r.name = {v3:String})
GROUP BY k0
LIMIT 50001
