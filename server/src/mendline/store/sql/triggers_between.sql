-- What invoked each function in the range.
SELECT r.function AS function, r.trigger AS trigger, r.trigger_source AS source, count() AS calls, countIf(r.error) AS errors,
    quantilesExact(0.5, 0.95)(r.duration_ns / 1e6) AS percentiles
FROM invocations AS r
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
GROUP BY r.function, r.trigger, r.trigger_source
ORDER BY calls DESC, function, trigger, source
LIMIT 5000
