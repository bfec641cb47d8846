-- The condition of errors in the range without those that are told twice. A log record repeats what a span of the same
-- execution tells, an exception of the same name (Python's spans say `module.Name` where its log says `Name`); one that
-- knows no trace, as CloudWatch gives it, also what one that does tells. A call that failed, without a stack of its own, is
-- what an invocation of its trace then raised, or logged with its stack: by its name, or that in brackets which botocore's
-- ClientError has. (All are looked for at once, by a hash of 64 bits: sets of texts cost twice as much. Nothing has the
-- hash 0.)
time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND multiIf(
        source = 'log' AND request_id = '', 0,
        source = 'log', cityHash64(request_id, {PART(name_of_error)}, errors.trace_id = toFixedString('', 16)),
        request_id != '' OR errors.stack != '', 0,
        cityHash64(errors.trace_id, {PART(name_of_error)})) NOT IN (
            SELECT arrayJoin([
                if(source = 'span', cityHash64(request_id, name, false), 1),
                cityHash64(request_id, name, true),
                if(stack = '', 1, cityHash64(trace_id, name)),
                if(stack = '' OR within = '', 1, cityHash64(trace_id, within))])
            FROM (SELECT source, request_id, trace_id, stack, {PART(name_of_error)} AS name,
                    extract(message, '^An error occurred .([A-Za-z.]+). when calling ') AS within FROM errors
                WHERE request_id != '' AND (source = 'span' OR trace_id != toFixedString('', 16))
                    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
                    AND time < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR))
