-- Spans that began in the range, or an hour before or after it. (A hint of their hours is for the primary key alone.)
start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 2 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
