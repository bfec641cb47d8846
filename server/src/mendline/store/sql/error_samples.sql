-- The newest occurrences of one error in the range. That of a call does not tell its invocation: it is the only one of
-- its function in its trace that was under way then, where there is only one.
WITH
    page AS (
        SELECT time, message, function, version, request_id AS told, span_name, trace_id AS trace, span_id AS span
        FROM errors
        WHERE {PART(errors_told_once)}
            AND fingerprint = reinterpretAsUInt64(reverse(unhex({fingerprint:String})))
        ORDER BY time DESC
        LIMIT {limit:UInt32}
    ),
    under_way AS (
        SELECT trace_id, function AS caller,
            groupArray((start, start + toIntervalNanosecond(duration_ns), request_id)) AS executions
        FROM invocations
        WHERE sign = 1 AND request_id != ''
            AND start >= (SELECT min(time) FROM page) - INTERVAL 16 MINUTE AND start <= (SELECT max(time) FROM page)
            AND (trace_id, function) IN (SELECT trace, function FROM page WHERE told = '' AND trace != toFixedString('', 16))
        GROUP BY trace_id, function
    )
SELECT
    toUnixTimestamp64Nano(time) AS time_ns, message, function, version, span_name,
    arrayDistinct(arrayMap(it -> it.3, arrayFilter(it -> it.1 <= time AND time <= it.2, executions))) AS around,
    if(told = '' AND length(around) = 1, around[1], told) AS request_id,
    if(trace = toFixedString('', 16), '', lower(hex(trace))) AS trace_id,
    if(span = toFixedString('', 8), '', lower(hex(span))) AS span_id
FROM page
LEFT JOIN under_way ON page.trace = under_way.trace_id AND page.function = under_way.caller
ORDER BY time DESC
