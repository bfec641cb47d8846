-- Calls that only the summary of their invocation tells of, as rows that stand for as many: those that went well and those
-- that failed, each as long as all of them were in the mean. Percentiles are of the calls whose spans were sent.
SELECT start, toUInt64(least(call.6 / call.4, 1e9) * 1e6) AS duration_ns, state AS status, service, resource_id,
    call.1 AS resource_type, call.2 AS resource_name, call.3 AS operation, 0. AS sampled, toFloat64(calls) AS weight
FROM (
    SELECT start, service, resource_id, arrayJoin({PART(unsent_calls)}) AS call
    FROM spans
    WHERE unsent AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
            AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
)
ARRAY JOIN [toUInt8(0), toUInt8(2)] AS state, [call.4 - least(call.5, call.4), least(call.5, call.4)] AS calls
WHERE calls > 0
