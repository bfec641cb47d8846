-- Flatten requests to metrics, once.
CREATE MATERIALIZED VIEW otlp_metrics_to_metrics_flat TO metrics_flat AS
SELECT
    fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received,
    resource, resource_types, resource_schema_url, resource_dropped, resource_id,
    scope_name, scope_version, scope_details,
    m.name AS name, m.description AS description, m.unit AS unit,
    {MAP(m.metadata)} AS metadata, {TYPES(m.metadata)} AS metadata_types,
    m.gauge.data_points AS gauge,
    m.sum.data_points AS sum, m.sum.aggregation_temporality AS sum_temporality, m.sum.is_monotonic AS monotonic,
    m.histogram.data_points AS histogram, m.histogram.aggregation_temporality AS histogram_temporality,
    m.exponential_histogram.data_points AS exponential_histogram,
    m.exponential_histogram.aggregation_temporality AS exponential_histogram_temporality,
    m.summary.data_points AS summary
FROM (
    SELECT resource, resource_types, resource_schema_url, resource_dropped, resource_id,
{PART(scope_told)}
        sc.metrics AS metrics, received_ns
    FROM (
        SELECT
{PART(resource_told)}
            r.scope_metrics AS scope_metrics, received_unix_nano AS received_ns
        FROM otlp_metrics ARRAY JOIN resource_metrics AS r
    ) ARRAY JOIN scope_metrics AS sc
) ARRAY JOIN metrics AS m
