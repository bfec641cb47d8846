-- Of invocations of functions, how many an invocation of the same function caused: their parent, or the sender of a message
-- that they took, is a span of it. By a hash of the three: a false one in ten million million would count. What a function
-- put aside, to do it later, is no loop.
SELECT function, uniqExact(span_id) AS invocations,
    uniqExactIf(span_id, cityHash64(function, cause.1, cause.2) IN (
        SELECT cityHash64(service, trace_id, span_id) FROM spans
        WHERE service IN {functions:Array(String)} AND kind IN (2, 4, 5)
            AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            AND (service, trace_id) NOT IN (
                SELECT service, trace_id FROM spans
                WHERE function IN {functions:Array(String)}
                    AND lower(attributes['mendline.buffered']) NOT IN ('', '0', 'false')
                    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
    )) AS own
FROM (
    SELECT function, span_id,
        arrayJoin(arrayPushBack(arrayMap(link -> (link.1, link.2), links), (trace_id, parent_id))) AS cause
    FROM spans
    WHERE function IN {functions:Array(String)}
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
)
GROUP BY function
LIMIT 5000
