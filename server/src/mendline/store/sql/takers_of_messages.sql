-- Invocations and consumers in the range that took what one of these ids names: a message, or an invocation's request.
SELECT lower(hex(trace_id)) AS trace_id, lower(hex(span_id)) AS span_id, service, name,
    toUnixTimestamp64Nano(start) AS start_ns, 1 AS candidates
FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
    AND (function != '' OR kind = 5)
    AND (hasAny(JSONExtract(attributes['mendline.links.in'], 'Array(String)'), {ids:Array(String)})
        OR attributes['faas.invocation_id'] IN {requests:Array(String)})
ORDER BY start_ns, trace_id, span_id
LIMIT 1 BY trace_id, span_id
LIMIT {limit:UInt32}
