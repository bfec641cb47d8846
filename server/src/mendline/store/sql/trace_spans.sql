-- Every span of one trace, oldest first, up to a limit. One that was sent again, in a request with other bytes, is shown
-- once; what was told before it had ended (`unfinished`) is told too. (Two spans may share an id, as the two sides of a
-- call do in Zipkin's way.) Of those with `more`, trace_spans_more tells it.
WITH {PART(hours_of_trace)} AS hours
SELECT
    lower(hex(spans.span_id)) AS span_id,
    if(parent_id = toFixedString('', 8), '', lower(hex(parent_id))) AS parent_id,
    trace_state, flags, name, kind, toUnixTimestamp64Nano(start) AS start_ns, duration_ns,
    status, service, toString(resource_id) AS resource_id, function,
    scope_name, scope_version, resource_type, resource_name, operation,
    attributes, attribute_types, unfinished, more
FROM spans
WHERE {PART(of_trace)}
ORDER BY start_ns, span_id, unfinished
LIMIT 1 BY span_id, kind, name, start_ns, duration_ns, unfinished
LIMIT {limit:UInt32}
