-- About how many invocations began in the range: those of its minutes.
SELECT sum(function_minutes.invocations) AS invocations FROM function_minutes
WHERE minute >= fromUnixTimestamp64Nano({start_ns:Int64}) AND minute < fromUnixTimestamp64Nano({end_ns:Int64})
