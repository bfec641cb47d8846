-- Points of metrics of kind gauge with the names and columns of the OpenTelemetry Collector's ClickHouse exporter.
CREATE VIEW otel_metrics_gauge AS
SELECT
    r.resource AS ResourceAttributes, r.schema_url AS ResourceSchemaUrl,
    CAST(m.scope_name, 'String') AS ScopeName, CAST(m.scope_version, 'String') AS ScopeVersion,
    JSONExtract(CAST(m.scope_details, 'String'), 'attributes', 'Map(LowCardinality(String), String)') AS ScopeAttributes,
    JSONExtract(CAST(m.scope_details, 'String'), 'dropped_attributes', 'UInt32') AS ScopeDroppedAttrCount,
    JSONExtract(CAST(m.scope_details, 'String'), 'schema_url', 'String') AS ScopeSchemaUrl, m.service AS ServiceName, m.name AS MetricName,
    n.description AS MetricDescription, n.unit AS MetricUnit,
    m.attributes AS Attributes, m.start AS StartTimeUnix, m.time AS TimeUnix, m.flags AS Flags,
    m.value AS Value,
    m.exemplars.attributes AS `Exemplars.FilteredAttributes`, m.exemplars.time AS `Exemplars.TimeUnix`,
    m.exemplars.value AS `Exemplars.Value`, arrayMap(id -> lower(hex(id)), m.exemplars.span_id) AS `Exemplars.SpanId`,
    arrayMap(id -> lower(hex(id)), m.exemplars.trace_id) AS `Exemplars.TraceId`
FROM metrics AS m
LEFT ANY JOIN resources AS r ON m.resource_id = r.resource_id
LEFT JOIN (
    SELECT name, argMax(unit, seen) AS unit, argMax(description, seen) AS description
    FROM metric_names WHERE kind = 'gauge' GROUP BY name
) AS n ON m.name = n.name
WHERE m.kind = 'gauge'
