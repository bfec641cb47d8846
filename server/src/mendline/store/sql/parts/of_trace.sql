-- The spans of a trace. Its hours are looked for first: the others need not be read. (The hint is for the primary key;
-- loose, since where hours begin depends on the zone of the machine in which a span came.)
trace_id = toFixedString(unhex({trace_id:String}), 16)
    AND start >= hours.1 AND start < hours.2
    AND indexHint(toStartOfHour(start) > hours.1 - INTERVAL 1 HOUR AND toStartOfHour(start) < hours.2)
