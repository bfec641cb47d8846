-- How often each function was invoked in the range, in how many of which the platform's report tells of it whatever was
-- sampled.
SELECT function AS name, sum(sign) AS invocations, sumIf(sign, bitTest(sources, 3)) AS reported
FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND function IN {functions:Array(String)}
GROUP BY function
