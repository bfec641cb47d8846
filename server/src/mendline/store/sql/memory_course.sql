-- The newest executions of a function whose use of memory is known, in the order of each environment: with the length of the
-- captured request, and what was called.
SELECT r.instance AS instance, r.version AS version, toUnixTimestamp64Nano(r.start) AS start_ns, r.memory_used_bytes AS used,
    r.memory_size_bytes AS size, s.payload AS payload, s.called AS called
FROM (
    SELECT instance, version, start, memory_used_bytes, memory_size_bytes, span_id FROM invocations
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
        AND function = {function:String} AND memory_used_bytes > 0 AND instance != ''
    ORDER BY start DESC
    LIMIT {most:UInt32}
) AS r
ANY LEFT JOIN (
    SELECT span_id, length(attributes['mendline.request']) AS payload,
        arrayDistinct(arrayMap(call -> concat(call.1, '/', call.2), {PART(unsent_calls)})) AS called
    FROM spans
    WHERE function = {function:String} AND NOT unfinished
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
            AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
) AS s ON r.span_id = s.span_id
ORDER BY instance, start_ns
