-- One row per call from a service to a resource.
CREATE VIEW operations AS
SELECT trace_id, span_id, parent_id, name, kind, start, duration_ns, status, status_message, service,
    resource_type, resource_name, operation, error_kind, attributes
FROM spans
WHERE resource_type != ''
