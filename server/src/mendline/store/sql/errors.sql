-- Errors that are one by their fingerprint, most frequent first, with a trend in 60 slices; what is told is told by the
-- newest of them.
SELECT
    leftPad(lower(hex(errors.fingerprint)), 16, '0') AS fingerprint,
    argMax(errors.kind, time) AS kind, argMax(errors.type, time) AS type,
    argMax(errors.message, time) AS message, argMax(errors.stack, time) AS stack,
    count() AS count, uniqExact({PART(failed_execution)}) AS invocations,
    groupUniqArray(20)(errors.function) AS functions, groupUniqArray(20)(errors.version) AS versions,
    toUnixTimestamp64Nano(min(time)) AS first_ns, toUnixTimestamp64Nano(max(time)) AS last_ns,
    lower(hex(argMax(errors.trace_id, time))) AS trace_id, lower(hex(argMax(errors.span_id, time))) AS span_id,
    countResample(0, 60, 1)(intDiv((toUnixTimestamp64Nano(time) - {start_ns:Int64}) * 60, {end_ns:Int64} - {start_ns:Int64}))
        AS trend
FROM errors
WHERE {PART(errors_told_once)}
    AND ({function:String} = '' OR errors.function = {function:String})
    AND ({fingerprint:String} = '' OR errors.fingerprint = reinterpretAsUInt64(reverse(unhex({fingerprint:String}))))
    AND (NOT {unclassified:Bool} OR errors.kind = '')
GROUP BY errors.fingerprint
ORDER BY count DESC, last_ns DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
