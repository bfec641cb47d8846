-- Errors that are one by their fingerprint, most frequent first; what is told is told by the newest of them.
SELECT
    lower(hex(fingerprint)) AS fingerprint, argMax(errors.kind, time) AS kind, argMax(errors.type, time) AS type,
    argMax(errors.message, time) AS message, argMax(errors.stack, time) AS stack,
    count() AS count, uniqExact(if(request_id = '', lower(hex(errors.span_id)), request_id)) AS invocations,
    groupUniqArray(20)(errors.function) AS functions,
    toUnixTimestamp64Nano(min(time)) AS first_ns, toUnixTimestamp64Nano(max(time)) AS last_ns,
    lower(hex(argMax(errors.trace_id, time))) AS trace_id, lower(hex(argMax(errors.span_id, time))) AS span_id
FROM errors
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND ({function:String} = '' OR errors.function = {function:String})
    AND (NOT {unclassified:Bool} OR errors.kind = '')
GROUP BY fingerprint
ORDER BY count DESC, last_ns DESC
LIMIT {limit:UInt32}
