-- Invocations and consumers in the range to which nothing led, and which something with this type and name may have begun;
-- first to last. What they tell of it is read by who asks.
SELECT lower(hex(trace_id)) AS trace_id, lower(hex(span_id)) AS span_id, service, name, function,
    toUnixTimestamp64Nano(start) AS start_ns,
    map(
        'mendline.trigger', attributes['mendline.trigger'],
        'mendline.trigger.source', attributes['mendline.trigger.source'],
        'mendline.trigger.sent_at', attributes['mendline.trigger.sent_at'],
        'messaging.system', attributes['messaging.system'],
        'messaging.destination.name', attributes['messaging.destination.name']) AS told
FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
    AND (function != '' OR kind = 5) AND parent_id = toFixedString('', 8) AND empty(links.span_id)
    AND attributes['mendline.links.in'] = ''
    AND ((attributes['mendline.trigger'] = {type:String} AND position(attributes['mendline.trigger.source'], {name:String}) > 0)
        OR attributes['messaging.destination.name'] = {name:String}
        OR ({type:String} = 'lambda' AND function = {name:String}))
ORDER BY start_ns, trace_id, span_id
LIMIT {limit:UInt32}
