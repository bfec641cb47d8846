-- Log records with the names and columns of the OpenTelemetry Collector's ClickHouse exporter.
CREATE VIEW otel_logs AS
SELECT
    l.time AS Timestamp, toDateTime(l.time) AS TimestampTime,
    if(l.trace_id = toFixedString('', 16), '', lower(hex(l.trace_id))) AS TraceId,
    if(l.span_id = toFixedString('', 8), '', lower(hex(l.span_id))) AS SpanId,
    toUInt8(bitAnd(l.flags, 255)) AS TraceFlags, l.severity_text AS SeverityText, l.severity_number AS SeverityNumber,
    l.service AS ServiceName, l.body AS Body,
    toLowCardinality(r.schema_url) AS ResourceSchemaUrl, r.resource AS ResourceAttributes,
    toLowCardinality(JSONExtract(CAST(l.scope_details, 'String'), 'schema_url', 'String')) AS ScopeSchemaUrl, CAST(l.scope_name, 'String') AS ScopeName, l.scope_version AS ScopeVersion,
    JSONExtract(CAST(l.scope_details, 'String'), 'attributes', 'Map(LowCardinality(String), String)') AS ScopeAttributes, l.attributes AS LogAttributes,
    CAST(l.event_name, 'String') AS EventName
FROM logs AS l
LEFT ANY JOIN resources AS r ON l.resource_id = r.resource_id
