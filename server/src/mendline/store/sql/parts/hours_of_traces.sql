-- The hours of the range in which traces have spans. (A few others too: they are known by a hash.)
(SELECT hour FROM trace_hours
    WHERE trace IN (SELECT toUInt32(cityHash64(toFixedString(unhex(arrayJoin({ids:Array(String)})), 16))))
        AND hour >= toStartOfHour(fromUnixTimestamp64Nano({start_ns:Int64})) AND hour < fromUnixTimestamp64Nano({end_ns:Int64}))
