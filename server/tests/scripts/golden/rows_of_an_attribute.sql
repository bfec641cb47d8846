-- tags.user.id:42 | sort duration desc
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 'user.id'
-- v3 = 'tags.user.id'
-- v4 = '42'
-- v5 = ['42']
-- limit = 100
-- offset = 0
-- from raw
SELECT toUnixTimestamp64Nano(r.start) AS `time`, r.function AS `function`, r.duration_ns AS `duration`, r.error AS `error`, r.error_type AS `error.type`, r.error_message AS `error.message`, r.cold_start AS `cold_start`, r.trigger AS `trigger`, r.version AS `version`, toInt64(nullIf(r.memory_used_bytes, 0)) AS `memory.used`, r.request_id AS `request_id`, if(r.trace_id = toFixedString('', 16), '', lower(hex(r.trace_id))) AS `trace_id`, if(r.span_id = toFixedString('', 8), '', lower(hex(r.span_id))) AS `span_id`
FROM (SELECT *, execution, event_keys FROM invocations WHERE -- The condition of invocations of the range that still hold.
start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND sign = 1 AND (
                (SELECT count() = 0 FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
                OR (execution, revision) NOT IN (SELECT execution, revision FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})))
) AS r
WHERE ((r.trace_id, r.span_id) IN (SELECT trace_id, span_id FROM (SELECT s.trace_id AS trace_id, s.span_id AS span_id, s.service AS service, multiIf(s.attributes[{v2:String}] != '', s.attributes[{v2:String}], s.attributes[{v3:String}]) AS `v0` FROM spans AS s WHERE function != '' AND -- Spans that began in the range, or an hour before or after it. (A hint of their hours is for the primary key alone.)
start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 2 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
 AND (has({v5:Array(String)}, attributes[{v2:String}]) OR startsWith(attributes[{v2:String}], '["') OR has({v5:Array(String)}, attributes[{v3:String}]) OR startsWith(attributes[{v3:String}], '["'))) AS s WHERE ((s.`v0` = {v4:String}) OR (startsWith(s.`v0`, '["') AND arrayExists(item -> (item = {v4:String}), JSONExtract(s.`v0`, 'Array(String)'))))))
ORDER BY r.duration_ns DESC NULLS LAST, toUnixTimestamp64Nano(r.start) DESC, r.trace_id, r.span_id, r.request_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
