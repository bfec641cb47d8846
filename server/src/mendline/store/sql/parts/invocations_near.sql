-- The invocations that still hold, up to an hour before or after the range.
SELECT * FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND sign = 1 AND (execution, revision) NOT IN (
        SELECT execution, revision FROM invocations
        WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
            AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
