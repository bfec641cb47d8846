-- One row per scope of a request, with its spans: types of columns as in otlp_traces, spans_in. Nothing is kept.
CREATE TABLE IF NOT EXISTS traces_flat ENGINE = Null EMPTY AS
SELECT resource, resource_types, resource_schema_url, resource_dropped, resource_id,
    scope_name, scope_version, scope_details,
    arrayElement(arrayElement(resource_spans, 1).scope_spans, 1).spans AS spans,
    received_unix_nano AS received_ns, spool_offset AS offset
FROM otlp_traces, spans_in
