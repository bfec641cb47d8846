-- Which of these traces have spans in the range, and when the first of these began.
SELECT lower(hex(trace_id)) AS id, toUnixTimestamp64Nano(min(start)) AS first_ns
FROM spans
WHERE trace_id IN {PART(ids_of_traces)} AND toStartOfHour(start) IN {PART(hours_of_traces)}
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY trace_id
