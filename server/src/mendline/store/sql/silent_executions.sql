-- When executions of functions began of which only the platform told (bits of `sources` are 1 for a span, 3 for a report),
-- so that nobody knows what they took: by function, in ms, oldest first, at most 5,000.
SELECT function, arraySort(groupArray(5000)(began_ms)) AS began_ms
FROM (
    SELECT function, toUnixTimestamp64Milli(min(start)) AS began_ms
    FROM invocations
    WHERE function IN {functions:Array(String)} AND bitTest(sources, 3) AND NOT bitTest(sources, 1)
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    GROUP BY function, execution
    HAVING sum(sign) > 0
)
GROUP BY function
LIMIT 1000
