-- How many log records fit in each of {slices} equal slices of the range, and how many of them are errors (or worse).
SELECT
    toUInt16(intDiv((toUnixTimestamp64Nano(time) - {start_ns:Int64}) * {slices:Int64}, {end_ns:Int64} - {start_ns:Int64}))
        AS slice,
    count() AS records, countIf(severity_number >= 17) AS errors
FROM logs
WHERE {PART(fitting_logs)}
GROUP BY slice
