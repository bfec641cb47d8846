-- Every span of one trace, oldest first, up to a limit; `total` is how many there are. A span that was told of before it
-- had ended (mendline.unfinished) gives way to the same span with its end; one that was sent again, in a request with
-- other bytes, is shown once. (Two spans may share an id, as the two sides of a call do in Zipkin's way.) When it began
-- is looked for first: of days and places without it, whole rows need not be read.
WITH (
    SELECT (min(start), max(start)) FROM spans WHERE trace_id = toFixedString(unhex({trace_id:String}), 16)
) AS lies
SELECT * EXCEPT (unfinished), count() OVER () AS total
FROM (
    SELECT
        lower(hex(span_id)) AS span_id,
        if(parent_id = toFixedString('', 8), '', lower(hex(parent_id))) AS parent_id,
        trace_state, flags, name, kind, toUnixTimestamp64Nano(start) AS start_ns, duration_ns, placed_at_receipt,
        status, status_message, service, toString(resource_id) AS resource_id, function,
        scope_name, scope_version, scope_details, resource_type, resource_name, operation,
        attributes, attribute_types, dropped,
        arrayMap(e -> (e.name, toUnixTimestamp64Nano(e.time), e.attributes), events) AS events,
        arrayMap(l -> (lower(hex(l.trace_id)), lower(hex(l.span_id)), l.attributes), links) AS links,
        event_details, link_details,
        attributes['mendline.unfinished'] = 'true'
            AND countIf(attributes['mendline.unfinished'] != 'true') OVER (PARTITION BY spans.span_id) > 0 AS unfinished
    FROM spans
    WHERE trace_id = toFixedString(unhex({trace_id:String}), 16) AND start >= lies.1 AND start <= lies.2
    LIMIT 1 BY span_id, kind, name, start, duration_ns, unfinished
)
WHERE NOT unfinished
ORDER BY start_ns, span_id
LIMIT {limit:UInt32}
