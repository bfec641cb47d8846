-- Of each function whose agent tells it, which share of the time of its executions no processor worked for it: it waited
-- for what it called.
SELECT function AS name, count() AS executions,
    1 - least(1, sum(cpu_ms) / sum(duration_ns / 1e6)) AS waiting
FROM (
    SELECT function, duration_ns, toFloat64OrZero(attributes['mendline.cpu_ms']) AS cpu_ms FROM spans
    WHERE function != '' AND attributes['mendline.cpu_ms'] != '' AND NOT unfinished AND duration_ns > 0
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
            AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
)
GROUP BY function
LIMIT 5000
