-- Points of metrics of kind summary with the names and columns of the OpenTelemetry Collector's ClickHouse exporter.
CREATE VIEW otel_metrics_summary AS
SELECT
    r.resource AS ResourceAttributes, r.schema_url AS ResourceSchemaUrl,
    CAST(m.scope_name, 'String') AS ScopeName, CAST(m.scope_version, 'String') AS ScopeVersion,
    JSONExtract(CAST(m.scope_details, 'String'), 'attributes', 'Map(LowCardinality(String), String)') AS ScopeAttributes,
    JSONExtract(CAST(m.scope_details, 'String'), 'dropped_attributes', 'UInt32') AS ScopeDroppedAttrCount,
    JSONExtract(CAST(m.scope_details, 'String'), 'schema_url', 'String') AS ScopeSchemaUrl, m.service AS ServiceName, m.name AS MetricName,
    n.description AS MetricDescription, n.unit AS MetricUnit,
    m.attributes AS Attributes, m.start AS StartTimeUnix, m.time AS TimeUnix, m.flags AS Flags,
    m.count AS Count, ifNull(m.sum, 0) AS Sum,
    m.quantiles.quantile AS `ValueAtQuantiles.Quantile`, m.quantiles.value AS `ValueAtQuantiles.Value`
FROM metrics AS m
LEFT ANY JOIN resources AS r ON m.resource_id = r.resource_id
LEFT JOIN (
    SELECT name, argMax(unit, seen) AS unit, argMax(description, seen) AS description
    FROM metric_names WHERE kind = 'summary' GROUP BY name
) AS n ON m.name = n.name
WHERE m.kind = 'summary'
