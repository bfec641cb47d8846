-- How much memory was used by each execution of each environment in the range, oldest first: of each function the
-- environments that ran most, of these the newest executions.
SELECT function, instance, any(version) AS version, any(size) AS size,
    arraySort(groupArray(200)((start_ns, used))) AS uses
FROM (
    SELECT function, instance, version, memory_size_bytes AS size, toUnixTimestamp64Nano(start) AS start_ns,
        memory_used_bytes AS used
    FROM invocations
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
        AND memory_used_bytes > 0 AND instance != ''
    ORDER BY start DESC
)
GROUP BY function, instance
HAVING length(uses) >= {least:UInt32}
ORDER BY function, length(uses) DESC, instance
LIMIT 20 BY function
LIMIT 10000
