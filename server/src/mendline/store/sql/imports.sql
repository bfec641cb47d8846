-- What cold starts of a function spent on imports, as its agent told (mendline.imports), by module; the longest first.
SELECT entry.1 AS module, median(entry.2) AS own_ms, median(entry.3) AS whole_ms, count() AS times
FROM (
    SELECT arrayJoin(JSONExtract(attributes['mendline.imports'], 'top', 'Array(Tuple(String, Float64, Float64))')) AS entry
    FROM spans
    WHERE function = {function:String} AND attributes['mendline.imports'] != ''
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
            AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
)
GROUP BY module
ORDER BY own_ms DESC, module
LIMIT 10
