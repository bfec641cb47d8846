-- How many bytes the lines have that functions wrote into their logs in the range (lines_written.sql).
SELECT function, sum(length(body)) AS bytes
FROM logs
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND function IN {functions:Array(String)} AND platform = '' AND event_name = ''
GROUP BY function
LIMIT 5000
