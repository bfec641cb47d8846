-- The condition of errors in the range without those that a log record repeats: a span of the same execution tells of an
-- exception of the same name (Python's spans say `module.Name` where its log says `Name`).
time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND (source = 'span' OR request_id = '' OR (request_id, splitByChar('.', errors.type)[-1]) NOT IN (
        SELECT request_id, splitByChar('.', type)[-1] FROM errors
        WHERE source = 'span' AND request_id != ''
            AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
            AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR))
