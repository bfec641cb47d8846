-- How many invocations of functions there were in the range, at least, and in how many traces.
SELECT function, countIf(sign = 1) AS invocations, uniqExact(trace_id) AS traces
FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND function IN {functions:Array(String)}
GROUP BY function
LIMIT 5000
