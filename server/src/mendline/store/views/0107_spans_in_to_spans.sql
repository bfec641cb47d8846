-- Every span of a batch.
CREATE MATERIALIZED VIEW spans_in_to_spans TO spans AS
SELECT trace_id, span_id, parent_id, trace_state, flags, name, kind, start, duration_ns, placed_at_receipt,
    status, status_message, resource['service.name'] AS service, resource_id, scope_name, scope_version,
    attributes, events, links
FROM spans_in
