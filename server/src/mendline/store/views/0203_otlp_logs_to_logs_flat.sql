-- What each scope of a request for logs sent, for the reason in 0103.
CREATE MATERIALIZED VIEW otlp_logs_to_logs_flat TO logs_flat AS
SELECT resource, resource_types, resource_schema_url, resource_dropped, resource_id,
{PART(scope_told)}
    sc.log_records AS log_records, received_ns, offset
FROM (
    SELECT
{PART(resource_told)}
        scope_logs, received_unix_nano AS received_ns, spool_offset AS offset
    FROM otlp_logs ARRAY JOIN
        resource_logs.resource.attributes AS sent_attributes,
        resource_logs.resource.dropped_attributes_count AS sent_dropped,
        resource_logs.schema_url AS sent_schema_url,
        resource_logs.scope_logs AS scope_logs
) ARRAY JOIN scope_logs AS sc
