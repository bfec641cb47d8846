-- The request that was captured of an invocation, by its trace and span.
SELECT attributes['mendline.request'] AS request
FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND trace_id = toFixedString(unhex({trace:String}), 16) AND span_id = toFixedString(unhex({span:String}), 8)
ORDER BY unfinished
LIMIT 1
