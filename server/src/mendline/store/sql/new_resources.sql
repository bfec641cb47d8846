-- Resources that were first called in the range, newest first: not on the seven days (UTC) before, of which something
-- must be known. What was called earlier on the day on which the range begins is told by minutes.
WITH
    fromUnixTimestamp64Nano({start_ns:Int64}) AS begins,
    known AS (
        SELECT resource_type, resource_name FROM resource_days WHERE day >= toDate(begins) - 7 AND day < toDate(begins)
        UNION DISTINCT
        SELECT resource_type, resource_name FROM resource_minutes WHERE minute >= toStartOfDay(begins) AND minute < begins
    )
SELECT resource_type AS type, resource_name AS name, toUnixTimestamp(min(minute)) AS at,
    groupUniqArray(10)(service) AS services, sum(resource_minutes.calls) AS calls
FROM resource_minutes
WHERE minute >= begins AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
    AND (resource_type, resource_name) NOT IN known AND (SELECT count() FROM known) > 0
GROUP BY resource_type, resource_name
ORDER BY at DESC, type, name
LIMIT {limit:UInt32}
