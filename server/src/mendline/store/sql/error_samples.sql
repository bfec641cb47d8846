-- The newest occurrences of one error in the range.
SELECT
    toUnixTimestamp64Nano(time) AS time_ns, message, function, version, request_id, span_name,
    if(errors.trace_id = toFixedString('', 16), '', lower(hex(errors.trace_id))) AS trace_id,
    if(errors.span_id = toFixedString('', 8), '', lower(hex(errors.span_id))) AS span_id
FROM errors
WHERE {PART(errors_told_once)}
    AND fingerprint = reinterpretAsUInt64(reverse(unhex({fingerprint:String})))
ORDER BY time DESC
LIMIT {limit:UInt32}
