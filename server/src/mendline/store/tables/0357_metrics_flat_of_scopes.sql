-- One row per scope of a request, with its metrics: types of columns as in otlp_metrics, metrics_in. Nothing is kept.
CREATE TABLE IF NOT EXISTS metrics_flat ENGINE = Null EMPTY AS
SELECT resource, resource_types, resource_schema_url, resource_dropped, resource_id,
    scope_name, scope_version, scope_details,
    arrayElement(arrayElement(resource_metrics, 1).scope_metrics, 1).metrics AS metrics, received_unix_nano AS received_ns
FROM otlp_metrics, metrics_in
