-- Every span of a batch.
CREATE MATERIALIZED VIEW spans_told_to_spans TO spans AS
SELECT trace_id, span_id, parent_id, trace_state, flags, name, kind, start, duration_ns, placed_at_receipt,
    status, status_message, service, resource_id, function, resource_type, resource_name, operation, error_kind,
    scope_name, scope_version, scope_details, attributes, attribute_types, events, event_details, links, link_details, dropped
FROM spans_told
