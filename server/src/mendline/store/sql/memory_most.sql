-- The most memory that invocations of functions used in the range, by version, of environments that are told apart.
SELECT function, version, max(memory_used_bytes) AS most_bytes
FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
    AND function IN {functions:Array(String)} AND instance != ''
GROUP BY function, version
LIMIT 5000
