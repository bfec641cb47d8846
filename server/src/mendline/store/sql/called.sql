-- What all callers had in the range of resources that are named as those that some services called: calls and failures.
SELECT resource_type AS type, resource_name AS name, operation, service,
    sum(resource_minutes.calls) AS calls, sum(resource_minutes.errors) AS errors, sum(resource_minutes.throttled) AS throttled
FROM resource_minutes
WHERE minute >= toStartOfMinute(fromUnixTimestamp64Nano({start_ns:Int64})) AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
    AND resource_name IN (
        SELECT resource_name FROM resource_minutes
        WHERE minute >= toStartOfMinute(fromUnixTimestamp64Nano({start_ns:Int64}))
            AND minute < fromUnixTimestamp64Nano({end_ns:Int64}) AND service IN {services:Array(String)}
        GROUP BY resource_name)
GROUP BY resource_type, resource_name, operation, service
HAVING calls > 0
ORDER BY calls DESC, type, name, operation, service
LIMIT 5000
