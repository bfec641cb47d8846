-- What the executions of some requests cost, all tries of them.
SELECT sum({COST}) AS cost, count() AS executions
FROM invocations AS r
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
    AND request_id IN {requests:Array(String)}
