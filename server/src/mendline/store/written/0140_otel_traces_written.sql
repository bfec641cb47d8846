-- Spans that came in the exporter's shape. They have no offset in the spool: 0 stands before all that have one.
CREATE MATERIALIZED VIEW otel_traces_written TO spans_in AS
WITH
    now64(9) AS received,
    Timestamp < received - INTERVAL {RETENTION_DAYS} DAY OR Timestamp > received + INTERVAL 10 MINUTE AS outside,
    Duration > {RETENTION_DAYS} * 86400 * 1000000000 OR NOT outside
        AND toUnixTimestamp64Nano(Timestamp) + Duration > toUnixTimestamp64Nano(received) + 600 * 1000000000 AS endless,
    arrayFilter(link -> link.1 != toFixedString('', 16), arrayMap((trace, span, told, state) ->
        ({ID_OR_NONE(trace, 16)}, {ID_OR_NONE(span, 8)}, told, state),
        Links.TraceId, Links.SpanId, Links.Attributes, Links.TraceState)) AS linked,
    throwIf(length(unhex(TraceId)) != 16 OR length(unhex(SpanId)) != 8,
        'TraceId needs 32 hexadecimal digits, SpanId 16') AS refused
SELECT
    toUInt64(refused) AS batch,
    toFixedString(unhex(TraceId), 16) AS trace_id,
    toFixedString(unhex(SpanId), 8) AS span_id,
    {ID_OR_NONE(ParentSpanId, 8)} AS parent_id,
    TraceState AS trace_state, toUInt32(0) AS flags, SpanName AS name,
    {NUMBER_OF(SpanKind, SPAN_KIND_, Unspecified Internal Server Client Producer Consumer)} AS kind,
    if(outside, received, Timestamp) AS start, if(endless, 0, Duration) AS duration_ns,
    outside OR endless AS placed_at_receipt,
    {NUMBER_OF(StatusCode, STATUS_CODE_, Unset Ok Error)} AS status, StatusMessage AS status_message,
    cityHash64(toString(resource), '', '', 0) AS resource_id, ResourceAttributes AS resource,
    ScopeName AS scope_name, ScopeVersion AS scope_version, SpanAttributes AS attributes, '' AS attribute_types,
    arrayMap((at, event, told) -> (at, toString(event), told), Events.Timestamp, Events.Name, Events.Attributes) AS events,
    arrayMap(link -> (link.1, link.2, link.3), linked) AS links,
    if(arrayExists(link -> link.4 != '', linked), arrayMap(link -> (link.4, 0, '', 0), linked), []) AS link_details
FROM {WRITE}.otel_traces
