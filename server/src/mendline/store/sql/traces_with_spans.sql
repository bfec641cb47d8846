-- Which of these traces have a span in the range.
SELECT DISTINCT lower(hex(trace_id)) AS id
FROM spans
WHERE trace_id IN {PART(ids_of_traces)} AND toStartOfHour(start) IN {PART(hours_of_traces)}
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
