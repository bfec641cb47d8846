-- Spans with the names and columns of the OpenTelemetry Collector's ClickHouse exporter, for other tools to read.
CREATE VIEW otel_traces AS
SELECT
    s.start AS Timestamp, lower(hex(s.trace_id)) AS TraceId, lower(hex(s.span_id)) AS SpanId,
    if(s.parent_id = toFixedString('', 8), '', lower(hex(s.parent_id))) AS ParentSpanId, s.trace_state AS TraceState,
    s.name AS SpanName,
    toLowCardinality(['Unspecified', 'Internal', 'Server', 'Client', 'Producer', 'Consumer'][s.kind + 1]) AS SpanKind,
    s.service AS ServiceName, r.resource AS ResourceAttributes,
    CAST(s.scope_name, 'String') AS ScopeName, CAST(s.scope_version, 'String') AS ScopeVersion,
    s.attributes AS SpanAttributes, s.duration_ns AS Duration,
    toLowCardinality(['Unset', 'Ok', 'Error'][s.status + 1]) AS StatusCode, s.status_message AS StatusMessage,
    s.events.time AS `Events.Timestamp`,
    CAST(s.events.name, 'Array(LowCardinality(String))') AS `Events.Name`, s.events.attributes AS `Events.Attributes`,
    arrayMap(id -> lower(hex(id)), s.links.trace_id) AS `Links.TraceId`,
    arrayMap(id -> lower(hex(id)), s.links.span_id) AS `Links.SpanId`,
    if(empty(s.link_details), arrayMap(id -> '', s.links.span_id), s.link_details.trace_state) AS `Links.TraceState`, s.links.attributes AS `Links.Attributes`
FROM spans AS s
LEFT ANY JOIN resources AS r ON s.resource_id = r.resource_id
