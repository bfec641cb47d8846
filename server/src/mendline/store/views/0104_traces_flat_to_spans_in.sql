-- Flatten what each scope sent to spans, once; what keeps spans reads from spans_in.
CREATE MATERIALIZED VIEW traces_flat_to_spans_in TO spans_in AS
WITH
    fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received,
    fromUnixTimestamp64Nano(reinterpretAsInt64(s.start_time_unix_nano)) AS sent_start,
    sent_start < received - INTERVAL {RETENTION_DAYS} DAY OR sent_start > received + INTERVAL 10 MINUTE AS outside,
    if(s.end_time_unix_nano > s.start_time_unix_nano, s.end_time_unix_nano - s.start_time_unix_nano, 0) AS lasted_ns,
    -- such a length would spoil every sum it is in: an end that has not come, or longer than anything is kept
    lasted_ns > {RETENTION_DAYS} * 86400 * 1000000000
        OR NOT outside AND s.end_time_unix_nano > received_ns + 600 * 1000000000 AS endless,
    arrayFilter(l -> length(l.trace_id) = 16 AND length(l.span_id) = 8, s.links) AS linked,
    arrayMap(e -> ({TYPES(e.attributes)}, e.dropped_attributes_count), s.events) AS of_events,
    arrayMap(l -> (l.trace_state, l.flags, {TYPES(l.attributes)}, l.dropped_attributes_count), linked) AS of_links
SELECT
    offset AS batch,
    toFixedString(s.trace_id, 16) AS trace_id,
    toFixedString(s.span_id, 8) AS span_id,
    toFixedString(if(length(s.parent_span_id) = 8, s.parent_span_id, ''), 8) AS parent_id,
    s.trace_state AS trace_state,
    s.flags AS flags,
    s.name AS name,
    toUInt8(if(s.kind BETWEEN 0 AND 5, s.kind, 0)) AS kind,
    if(outside, received, sent_start) AS start,
    if(endless, 0, lasted_ns) AS duration_ns,
    outside OR endless AS placed_at_receipt,
    toUInt8(if(s.status.code BETWEEN 0 AND 2, s.status.code, 0)) AS status,
    s.status.message AS status_message,
    resource_id, resource, resource_types, resource_schema_url, resource_dropped,
    scope_name, scope_version, scope_details,
    {MAP(s.attributes)} AS attributes,
    {TYPES(s.attributes)} AS attribute_types,
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)), e.name, {MAP(e.attributes)}), s.events) AS events,
    if(arrayExists(e -> e != ('', 0), of_events), of_events, []) AS event_details,
    arrayMap(l -> (toFixedString(l.trace_id, 16), toFixedString(l.span_id, 8), {MAP(l.attributes)}), linked) AS links,
    if(arrayExists(l -> l != ('', 0, '', 0), of_links), of_links, []) AS link_details,
    (s.dropped_attributes_count, s.dropped_events_count, s.dropped_links_count) AS dropped
FROM traces_flat ARRAY JOIN spans AS s
