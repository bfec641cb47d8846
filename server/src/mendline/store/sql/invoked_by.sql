-- What invoked each function in the range, how often, and how many of these invocations failed.
SELECT function, trigger, trigger_source AS source, sum(sign) AS calls, sumIf(sign, error) AS errors
FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY function, trigger, source
HAVING calls > 0
ORDER BY calls DESC, function, trigger, source
LIMIT 5000
