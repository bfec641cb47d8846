-- One row per scope of a request, with its log records: types of columns as in otlp_logs, logs_in. Nothing is kept.
CREATE TABLE IF NOT EXISTS logs_flat ENGINE = Null EMPTY AS
SELECT resource, resource_types, resource_schema_url, resource_dropped, resource_id,
    scope_name, scope_version, scope_details,
    arrayElement(arrayElement(resource_logs, 1).scope_logs, 1).log_records AS log_records,
    received_unix_nano AS received_ns, spool_offset AS offset
FROM otlp_logs, logs_in
