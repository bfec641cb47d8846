-- One resource by day (UTC), oldest first, from what is kept for 13 months.
SELECT toString(day) AS date, sum(resource_days.calls) AS calls, sum(resource_days.errors) AS errors,
    sum(resource_days.throttled) AS throttled, sumMap(`durationMap.bucket`, `durationMap.count`) AS durations
FROM resource_days
WHERE (resource_type, resource_name) = ({type:String}, {name:String})
    AND day >= toDate(fromUnixTimestamp64Nano({start_ns:Int64})) AND day <= toDate(fromUnixTimestamp64Nano({end_ns:Int64} - 1))
GROUP BY day
ORDER BY day
