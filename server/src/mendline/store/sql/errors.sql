-- Errors that are one by their fingerprint, most frequent first, with a trend in {slices} slices; what is told is told
-- by the newest of them. `first_ever_ns` is when the first of all that are kept happened, in this range or before.
WITH
    page AS (
        SELECT
            errors.fingerprint AS one, argMax(errors.kind, time) AS kind, argMax(errors.type, time) AS type,
            argMax(errors.message, time) AS message, argMax(errors.stack, time) AS stack,
            count() AS count, uniqExact({PART(failed_execution)}) AS invocations,
            groupUniqArray(20)(errors.function) AS functions, groupUniqArray(20)(errors.version) AS versions,
            toUnixTimestamp64Nano(min(time)) AS first_ns, toUnixTimestamp64Nano(max(time)) AS last_ns,
            lower(hex(argMax(errors.trace_id, time))) AS trace_id, lower(hex(argMax(errors.span_id, time))) AS span_id,
            sumMap(map(toUInt16(intDiv((toUnixTimestamp64Nano(time) - {start_ns:Int64}) * {slices:Int64},
                {end_ns:Int64} - {start_ns:Int64})), 1)) AS trend
        FROM errors
        WHERE {PART(errors_told_once)}
            AND ({function:String} = '' OR errors.function = {function:String})
            AND ({fingerprint:String} = '' OR errors.fingerprint = reinterpretAsUInt64(reverse(unhex({fingerprint:String}))))
            AND (NOT {unclassified:Bool} OR errors.kind = '')
        GROUP BY errors.fingerprint
        ORDER BY count DESC, last_ns DESC
        LIMIT {limit:UInt32} OFFSET {offset:UInt32}
    ),
    ever AS (
        SELECT errors.fingerprint AS one, toUnixTimestamp64Nano(min(time)) AS first_ever_ns
        FROM errors
        WHERE errors.fingerprint IN ( -- of the range, not of the page, which would be made a second time
            SELECT fingerprint FROM errors
            WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64}))
        GROUP BY errors.fingerprint
    )
SELECT * EXCEPT (one), leftPad(lower(hex(one)), 16, '0') AS fingerprint
FROM page ANY LEFT JOIN ever USING (one)
ORDER BY count DESC, last_ns DESC
