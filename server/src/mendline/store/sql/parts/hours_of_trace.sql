-- Between which hours the spans of a trace began.
(SELECT (min(hour), max(hour) + INTERVAL 1 HOUR) FROM trace_hours
    WHERE trace = toUInt32(cityHash64(toFixedString(unhex({trace_id:String}), 16))))
