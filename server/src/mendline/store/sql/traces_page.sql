-- Which traces have spans in the range, and when the first of these began; newest or longest first.
SELECT lower(hex(trace_id)) AS id, toUnixTimestamp64Nano(min(start)) AS first_ns
FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND NOT ({only_errors:Bool} AND trace_id IN ({PART(mended_traces)}))
GROUP BY trace_id
HAVING (NOT {only_errors:Bool} OR countIf(status = 2) > 0)
    AND ({service:String} = '' OR countIf(service = {service:String}) > 0)
ORDER BY if({slowest:Bool}, max(toUnixTimestamp64Nano(start) + duration_ns) - first_ns, 0) DESC, first_ns DESC, trace_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
