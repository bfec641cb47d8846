-- Flatten requests to spans, once; what keeps spans reads from spans_in.
CREATE MATERIALIZED VIEW otlp_traces_to_spans_in TO spans_in AS
WITH
    fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received,
    fromUnixTimestamp64Nano(reinterpretAsInt64(s.start_time_unix_nano)) AS sent_start,
    sent_start < received - INTERVAL {RETENTION_DAYS} DAY OR sent_start > received + INTERVAL 10 MINUTE AS outside,
    if(s.end_time_unix_nano > s.start_time_unix_nano, s.end_time_unix_nano - s.start_time_unix_nano, 0) AS lasted_ns,
    -- such a length would spoil every sum it is in: an end that has not come, or longer than anything is kept
    lasted_ns > {RETENTION_DAYS} * 86400 * 1000000000
        OR NOT outside AND s.end_time_unix_nano > received_ns + 600 * 1000000000 AS endless
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
    cityHash64(toString(resource)) AS resource_id,
    resource,
    scope_name,
    scope_version,
    {MAP(s.attributes)} AS attributes,
    {TYPES(s.attributes)} AS attribute_types,
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)), e.name, {MAP(e.attributes)}), s.events) AS events,
    arrayMap(l -> (toFixedString(l.trace_id, 16), toFixedString(l.span_id, 8), {MAP(l.attributes)}),
        arrayFilter(l -> length(l.trace_id) = 16 AND length(l.span_id) = 8, s.links)) AS links
FROM (
    SELECT resource, sc.scope.name AS scope_name, sc.scope.version AS scope_version, sc.spans AS spans, received_ns, offset
    FROM (
        SELECT {MAP(r.resource.attributes)} AS resource, r.scope_spans AS scope_spans, received_unix_nano AS received_ns,
            spool_offset AS offset
        FROM otlp_traces ARRAY JOIN resource_spans AS r
    ) ARRAY JOIN scope_spans AS sc
) ARRAY JOIN spans AS s
