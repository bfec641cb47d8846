-- What was called on the days of the range, most called first.
SELECT resource_type AS type, resource_name AS name, sum(resource_days.calls) AS calls
FROM resource_days
WHERE day >= toDate(fromUnixTimestamp64Nano({start_ns:Int64})) AND day <= toDate(fromUnixTimestamp64Nano({end_ns:Int64} - 1))
GROUP BY resource_type, resource_name
ORDER BY calls DESC, type, name
LIMIT 500
