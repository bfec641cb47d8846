-- The condition of errors in the range without those that are told twice. A log record repeats what a span of the same
-- execution tells, an exception of the same name (Python's spans say `module.Name` where its log says `Name`). A call
-- that failed, without a stack of its own, is what an invocation of its trace then raised. (Both are looked for at once,
-- by a hash of 64 bits: sets of texts cost twice as much. Nothing has the hash 0.)
time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND multiIf(
        source = 'log', if(request_id = '', 0, cityHash64(request_id, substringIndex(errors.type, '.', -1))),
        request_id != '' OR errors.stack != '', 0,
        cityHash64(errors.trace_id, substringIndex(errors.type, '.', -1))) NOT IN (
            SELECT arrayJoin([cityHash64(request_id, name), if(stack = '', 1, cityHash64(trace_id, name))])
            FROM (SELECT request_id, trace_id, stack, substringIndex(type, '.', -1) AS name FROM errors
                WHERE source = 'span' AND request_id != ''
                    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
                    AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR))
