-- Spans of other traces that link to one of these spans of a trace: consumers of a batch that took what these sent.
SELECT lower(hex(spans.trace_id)) AS trace_id, lower(hex(spans.span_id)) AS span_id, service, name,
    toUnixTimestamp64Nano(spans.start) AS start_ns, 1 AS candidates
FROM spans
WHERE (spans.trace_id, spans.span_id) IN (
        SELECT member_trace_id, member_span_id FROM trace_members
        WHERE trace_id = toFixedString(unhex({trace_id:String}), 16))
    AND toStartOfHour(spans.start) IN (
        SELECT toStartOfHour(start) FROM trace_members WHERE trace_id = toFixedString(unhex({trace_id:String}), 16))
    AND arrayExists(link -> lower(hex(link.1)) = {trace_id:String} AND lower(hex(link.2)) IN {spans:Array(String)}, links)
ORDER BY start_ns, trace_id, span_id
LIMIT 1 BY trace_id, span_id
LIMIT {limit:UInt32}
