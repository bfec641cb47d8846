-- Every span of one trace, oldest first, up to a limit. One that was sent again, in a request with other bytes, is shown
-- once; what was told before it had ended (`unfinished`) is told too. (Two spans may share an id, as the two sides of a
-- call do in Zipkin's way.) Its hours are looked for first: the others need not be read. (The hint is for the primary
-- key; loose, since where hours begin depends on the zone of the machine in which a span came.)
WITH (
    SELECT (min(hour), max(hour) + INTERVAL 1 HOUR) FROM trace_hours
    WHERE trace = toUInt32(cityHash64(toFixedString(unhex({trace_id:String}), 16)))
) AS hours
SELECT
    lower(hex(spans.span_id)) AS span_id,
    if(parent_id = toFixedString('', 8), '', lower(hex(parent_id))) AS parent_id,
    trace_state, flags, name, kind, toUnixTimestamp64Nano(start) AS start_ns, duration_ns, placed_at_receipt,
    status, status_message, service, toString(resource_id) AS resource_id, function,
    scope_name, scope_version, scope_details, resource_type, resource_name, operation,
    attributes, attribute_types, dropped,
    arrayMap(e -> (e.name, toUnixTimestamp64Nano(e.time), e.attributes), events) AS events,
    arrayMap(l -> (lower(hex(l.trace_id)), lower(hex(l.span_id)), l.attributes), links) AS links,
    event_details, link_details, unfinished
FROM spans
WHERE trace_id = toFixedString(unhex({trace_id:String}), 16)
    AND start >= hours.1 AND start < hours.2
    AND indexHint(toStartOfHour(start) > hours.1 - INTERVAL 1 HOUR AND toStartOfHour(start) < hours.2)
ORDER BY start_ns, span_id, unfinished
LIMIT 1 BY span_id, kind, name, start_ns, duration_ns, unfinished
LIMIT {limit:UInt32}
