-- The condition of errors in the range without those that are told twice. A log record repeats what a span of the same
-- execution tells, an exception of the same name (Python's spans say `module.Name` where its log says `Name`). A call
-- that failed, without a stack of its own, is what an invocation of its trace then raised. (Pairs are looked for by a
-- hash of 64 bits: sets of texts cost twice as much.)
time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND if(source = 'span',
        request_id != '' OR errors.stack != ''
            OR cityHash64(errors.trace_id, substringIndex(errors.type, '.', -1)) NOT IN (
                SELECT cityHash64(trace_id, substringIndex(type, '.', -1)) FROM errors
                WHERE source = 'span' AND request_id != '' AND stack != ''
                    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
                    AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR),
        request_id = '' OR cityHash64(request_id, substringIndex(errors.type, '.', -1)) NOT IN (
            SELECT cityHash64(request_id, substringIndex(type, '.', -1)) FROM errors
            WHERE source = 'span' AND request_id != ''
                AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
                AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR))
