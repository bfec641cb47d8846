-- function:orders "card declined"
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 'orders'
-- v3 = 'card declined'
-- v4 = 'declined'
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
WHERE ((r.function = {v2:String}) AND (((position(lowerUTF8(toString(r.function)), lowerUTF8({v4:String})) > 0 AND hasPhrase(lowerUTF8(toString(r.function)), lowerUTF8({v3:String}))) OR (position(lowerUTF8(toString(r.request_id)), lowerUTF8({v4:String})) > 0 AND hasPhrase(lowerUTF8(toString(r.request_id)), lowerUTF8({v3:String}))) OR (position(lowerUTF8(toString(r.error_type)), lowerUTF8({v4:String})) > 0 AND hasPhrase(lowerUTF8(toString(r.error_type)), lowerUTF8({v3:String}))) OR (position(lowerUTF8(toString(r.error_message)), lowerUTF8({v4:String})) > 0 AND hasPhrase(lowerUTF8(toString(r.error_message)), lowerUTF8({v3:String}))) OR (position(lowerUTF8(toString(r.trigger_source)), lowerUTF8({v4:String})) > 0 AND hasPhrase(lowerUTF8(toString(r.trigger_source)), lowerUTF8({v3:String})))) OR (r.trace_id, r.span_id) IN (SELECT trace_id, span_id FROM spans WHERE function != '' AND -- Spans that began in the range, or an hour before or after it. (A hint of their hours is for the primary key alone.)
start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 2 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
 AND arrayExists(text -> (position(lowerUTF8(text), lowerUTF8({v4:String})) > 0 AND hasPhrase(lowerUTF8(text), lowerUTF8({v3:String}))), mapValues(attributes))) OR (r.request_id != '' AND r.request_id IN (SELECT request_id FROM logs WHERE request_id != '' AND hasPhrase(lowerUTF8(body), lowerUTF8({v3:String})) AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 16 MINUTE AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 16 MINUTE))))
ORDER BY r.start DESC NULLS LAST, toUnixTimestamp64Nano(r.start) DESC, r.trace_id, r.span_id, r.request_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
