-- What was logged by one execution, oldest first: with its request id or its span, or without either but by the same
-- instance while it ran (an instance runs one execution at a time).
SELECT
{PART(log_columns)}
FROM logs
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 MINUTE
    AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 MINUTE
    AND (
        (request_id = {request_id:String} AND {request_id:String} != ''
            AND (instance = {instance:String} OR instance = '' OR {instance:String} = ''))
        OR ({span_id:String} != '' AND {trace_id:String} != ''
            AND logs.span_id = toFixedString(unhex({span_id:String}), 8)
            AND logs.trace_id = toFixedString(unhex({trace_id:String}), 16))
        OR (request_id = '' AND instance = {instance:String} AND {instance:String} != ''
            AND time >= fromUnixTimestamp64Nano({start_ns:Int64})
            AND time <= fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 10 MILLISECOND))
ORDER BY time
LIMIT {limit:UInt32}
