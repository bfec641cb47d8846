-- What kind of error the log records of the range tell of, by their time, type and message.
SELECT time, type, message, kind FROM errors
WHERE source = 'log'
    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
