-- Calls that told one of these ids of what they sent; the call itself before the invocation that sums it up.
SELECT lower(hex(trace_id)) AS trace_id, lower(hex(span_id)) AS span_id, service, name,
    toUnixTimestamp64Nano(start) AS start_ns, 1 AS candidates
FROM spans
WHERE attributes['mendline.links.out'] != ''
    AND hasAny(JSONExtract(attributes['mendline.links.out'], 'Array(String)'), {ids:Array(String)})
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
ORDER BY resource_type = '', start_ns DESC
LIMIT 1
