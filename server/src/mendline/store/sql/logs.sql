-- Log records that fit, newest first. An empty text, and 0, fit everything; all `words` must be in the body.
SELECT
    toUnixTimestamp64Nano(time) AS time_ns, severity_number, severity_text, body, service, function, instance, request_id,
    if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS trace_id,
    if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS span_id,
    event_name, platform, scope_name AS scope, placed_at_receipt, attributes, attribute_types
FROM logs
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND (empty({words:Array(String)}) OR hasAllTokens(lower(body), {words:Array(String)}))
    AND ({trace_id:String} = '' OR logs.trace_id = toFixedString(unhex({trace_id:String}), 16))
    AND ({request_id:String} = '' OR request_id = {request_id:String})
    AND ({service:String} = '' OR service = {service:String} OR function = {service:String})
    AND severity_number >= {least_severity:UInt8}
ORDER BY time DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
