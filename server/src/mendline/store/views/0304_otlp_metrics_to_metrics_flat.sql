-- What each scope of a request for metrics sent, for the reason in 0103.
CREATE MATERIALIZED VIEW otlp_metrics_to_metrics_flat TO metrics_flat AS
SELECT resource, resource_types, resource_schema_url, resource_dropped, resource_id,
{PART(scope_told)}
    sc.metrics AS metrics, received_ns
FROM (
    SELECT
{PART(resource_told)}
        scope_metrics, received_unix_nano AS received_ns
    FROM otlp_metrics ARRAY JOIN
        resource_metrics.resource.attributes AS sent_attributes,
        resource_metrics.resource.dropped_attributes_count AS sent_dropped,
        resource_metrics.schema_url AS sent_schema_url,
        resource_metrics.scope_metrics AS scope_metrics
) ARRAY JOIN scope_metrics AS sc
