-- Of each function in the range: the size of its memory as it ran last, the most that was used with it, and how often memory
-- ran out.
SELECT r.account AS account, r.region AS region, r.function AS name, argMax(r.memory_size_bytes, r.start) AS size,
    max(r.memory_used_bytes) AS used, count() AS executions, countIf(r.error_kind = 'oom') AS out_of_memory,
    toUnixTimestamp64Nano(minIf(r.start, r.error_kind = 'oom')) AS first_oom_ns, sumIf(ifNull({COST}, 0), r.error_kind = 'oom') AS oom_usd,
    toUnixTimestamp64Nano(minIf(r.start, r.memory_used_bytes >= 0.9 * r.memory_size_bytes)) AS first_full_ns
FROM invocations AS r
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
    AND memory_size_bytes > 0
GROUP BY r.account, r.region, r.function
HAVING used > 0 OR out_of_memory > 0
ORDER BY executions DESC, name
LIMIT 5000
