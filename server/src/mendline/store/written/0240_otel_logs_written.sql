-- Log records that came in the exporter's shape.
CREATE MATERIALIZED VIEW otel_logs_written TO logs_in AS
WITH
    now64(9) AS received_at,
    Timestamp < received_at - INTERVAL {RETENTION_DAYS} DAY OR Timestamp > received_at + INTERVAL 10 MINUTE AS outside
SELECT
    if(outside, received_at, Timestamp) AS time, received_at AS observed, received_at AS received,
    outside AS placed_at_receipt, toUInt64(0) AS batch,
    {ID_OR_NONE(TraceId, 16)} AS trace_id, {ID_OR_NONE(SpanId, 8)} AS span_id, toUInt32(TraceFlags) AS flags,
    if(SeverityNumber <= 24, SeverityNumber, 0) AS severity_number, SeverityText AS severity_text,
    EventName AS event_name, Body AS body,
    ResourceSchemaUrl AS resource_schema_url, ResourceAttributes AS resource,
    cityHash64(toString(resource), '', toString(resource_schema_url), 0) AS resource_id,
    ScopeName AS scope_name, ScopeVersion AS scope_version,
    if(empty(ScopeAttributes) AND ScopeSchemaUrl = '', '', concat(
        '{"attributes":', toJSONString(ScopeAttributes), ',"attribute_types":"","schema_url":', toJSONString(ScopeSchemaUrl),
        ',"dropped_attributes":0}')) AS scope_details,
    LogAttributes AS attributes, '' AS attribute_types
FROM {WRITE}.otel_logs
