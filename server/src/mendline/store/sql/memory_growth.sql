-- How the memory of environments went from one invocation to the next in the range, by function and version: how often and
-- how far it rose and fell. What falls to where it began has been started anew.
SELECT function, version, count() AS steps, countIf(step > 0) AS rises, countIf(step < 0) AS falls,
    sumIf(step, step > 0) AS risen_bytes, max(used) AS most_bytes, max(size) AS size_bytes,
    uniqExactIf(instance, step > 0) AS instances, countIf(error_kind = 'oom') AS killed
FROM (
    SELECT function, version, instance, memory_used_bytes AS used, memory_size_bytes AS size, error_kind,
        toInt64(used) - toInt64(lagInFrame(memory_used_bytes, 1, memory_used_bytes)
            OVER (PARTITION BY function, version, instance ORDER BY start ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS step
    FROM invocations
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
        AND function IN {functions:Array(String)} AND instance != '' AND memory_used_bytes > 0
)
GROUP BY function, version
LIMIT 5000
