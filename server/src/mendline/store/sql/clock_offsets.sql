-- How far the time that an environment tells of an invocation is from what the platform tells of the same one, where both
-- are so far apart that they could not be joined: bits of `sources` are 1 for a span, 3 for a report.
SELECT function, instance, count() AS cases, quantileExact(0.5)(apart_ms) AS ahead_ms,
    quantileExact(0.9)(apart_ms) - quantileExact(0.1)(apart_ms) AS spread_ms
FROM (
    SELECT function, request_id, max(instance) AS instance,
        sumIf(toUnixTimestamp64Milli(start), bitTest(sources, 1)) - sumIf(toUnixTimestamp64Milli(start), bitTest(sources, 3))
            AS apart_ms
    FROM invocations
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
        AND function IN {functions:Array(String)} AND request_id IN (
            SELECT request_id FROM invocations
            WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
                AND sign = 1 AND bitTest(sources, 3) AND NOT bitTest(sources, 1)
                AND function IN {functions:Array(String)} AND request_id != '')
    GROUP BY function, request_id
    HAVING count() = 2 AND countIf(bitTest(sources, 1)) = 1 AND countIf(bitTest(sources, 3)) = 1
)
GROUP BY function, instance
LIMIT 5000
