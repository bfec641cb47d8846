-- Calls of a resource that may have sent something in the range, and that no invocation or consumer says it continues;
-- the nearest to a moment first.
WITH
    fromUnixTimestamp64Nano({start_ns:Int64}) AS begins, fromUnixTimestamp64Nano({end_ns:Int64}) AS ends
SELECT lower(hex(trace_id)) AS trace_id, lower(hex(span_id)) AS span_id, service, name,
    toUnixTimestamp64Nano(start) AS start_ns, count() OVER () AS candidates
FROM spans
WHERE resource_type = {type:String} AND resource_name = {name:String} AND match(operation, {operations:String})
    AND status != 2 AND start >= begins AND start < ends
    AND indexHint(toStartOfHour(start) > begins - INTERVAL 1 HOUR AND toStartOfHour(start) < ends)
    AND (spans.trace_id, spans.span_id) NOT IN (
        SELECT trace_id, parent_id FROM spans
        WHERE (function != '' OR kind = 5) AND start >= begins AND start < ends + INTERVAL 15 MINUTE
            AND indexHint(toStartOfHour(start) > begins - INTERVAL 1 HOUR
                AND toStartOfHour(start) < ends + INTERVAL 15 MINUTE))
ORDER BY abs(start_ns - {near_ns:Int64}), span_id
LIMIT 3
