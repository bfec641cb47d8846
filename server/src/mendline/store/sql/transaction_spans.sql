-- The spans of some traces of the range, with what a critical path needs to know of them, oldest first in each; of traces
-- that have more, the first ones.
SELECT lower(hex(trace)) AS trace_id, lower(hex(span_id)) AS span_id,
    if(parent = toFixedString('', 8), '', lower(hex(parent))) AS parent_id,
    name, kind, toUnixTimestamp64Nano(start) AS start_ns, duration_ns, status, service, function,
    resource_type, resource_name, operation,
    mapFilter((key, value) -> key IN ('mendline.init_ms', 'faas.coldstart', 'mendline.trigger', 'mendline.trigger.sent_at',
        'mendline.retries', 'mendline.retries_ms', 'mendline.throttles', 'http.request.resend_count'), attributes) AS attributes
FROM ({PART(spans_of_traces)})
WHERE trace IN (SELECT toFixedString(unhex(arrayJoin({traces:Array(String)})), 16))
ORDER BY trace, start_ns, span_id
LIMIT {most_spans:UInt32} BY trace
