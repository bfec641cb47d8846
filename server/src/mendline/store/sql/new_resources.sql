-- Resources that were first called in the range, newest first: not in the week before, of which something must be known.
SELECT resource_type AS type, resource_name AS name, toUnixTimestamp(min(minute)) AS at,
    groupUniqArray(10)(service) AS services, sum(resource_minutes.calls) AS calls
FROM resource_minutes
WHERE minute >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 7 DAY AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY resource_type, resource_name
HAVING min(minute) >= fromUnixTimestamp64Nano({start_ns:Int64}) AND (
    SELECT count() FROM resource_minutes
    WHERE minute >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 7 DAY AND minute < fromUnixTimestamp64Nano({start_ns:Int64})) > 0
ORDER BY at DESC, type, name
LIMIT {limit:UInt32}
