-- Spans near the range by the trace that they belong to: their own, and of a batch consumer also that of each producer,
-- below the span that sent the message. A trace that only such members make up is not told twice.
SELECT trace_id AS trace, span_id, parent_id AS parent, name, kind, start, duration_ns, status, status_message, service,
    function, resource_type, resource_name, operation, error_kind, attributes, events, resource_id,
    if(kind = 2 AND attributes['http.request.method'] != '',
        concat(attributes['http.request.method'], ' ',
            if(attributes['http.route'] != '', attributes['http.route'], attributes['url.path'])), name) AS entry_name
FROM spans
WHERE {PART(spans_near)}
    AND {PART(told_once)}
UNION ALL
SELECT m.trace_id AS trace, t.span_id,
    if(t.span_id = m.member_span_id, toFixedString(arrayFirst(l -> l.trace_id = m.trace_id, t.links).span_id, 8), t.parent_id)
        AS parent,
    t.name, t.kind, t.start, t.duration_ns, t.status, t.status_message, t.service, t.function, t.resource_type,
    t.resource_name, t.operation, t.error_kind, t.attributes, t.events,
    t.resource_id, t.name AS entry_name
FROM spans AS t
INNER JOIN (
    SELECT DISTINCT trace_id, member_trace_id, member_span_id FROM trace_members
    WHERE trace_id != member_trace_id
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
) AS m ON t.trace_id = m.member_trace_id
WHERE t.start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND t.start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND (t.start, t.duration_ns) NOT IN ({PART(told_again)})
