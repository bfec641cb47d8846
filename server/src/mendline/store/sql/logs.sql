-- Log records that fit, newest first. An empty text, and 0, fit everything; all `words` must be in the body.
SELECT
{PART(log_columns)}
FROM logs
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND (empty({words:Array(String)}) OR hasAllTokens(lowerUTF8(body), lowerUTF8(arrayStringConcat({words:Array(String)}, ' '))))
    AND ({trace_id:String} = '' OR logs.trace_id = toFixedString(unhex({trace_id:String}), 16))
    AND ({request_id:String} = '' OR request_id = {request_id:String})
    AND ({service:String} = '' OR service = {service:String} OR function = {service:String})
    AND severity_number >= {least_severity:UInt8}
ORDER BY time DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
