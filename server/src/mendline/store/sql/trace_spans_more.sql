-- What few spans of one trace have, by what tells them apart, as trace_spans does.
WITH {PART(hours_of_trace)} AS hours
SELECT
    lower(hex(spans.span_id)) AS span_id, kind, name, toUnixTimestamp64Nano(start) AS start_ns, duration_ns, unfinished,
    placed_at_receipt, status_message, scope_details, dropped,
    arrayMap(e -> (e.name, toUnixTimestamp64Nano(e.time), e.attributes), events) AS events,
    arrayMap(l -> (lower(hex(l.trace_id)), lower(hex(l.span_id)), l.attributes), links) AS links,
    event_details, link_details
FROM spans
WHERE {PART(of_trace)} AND more
LIMIT {limit:UInt32}
