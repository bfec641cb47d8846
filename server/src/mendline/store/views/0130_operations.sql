-- One row per call from a service to a resource. `attempt` is which try it was, or ended with; `recovered` says that an
-- earlier try within it failed (tries that are spans of their own are joined by insight/call_retries.py).
CREATE VIEW operations AS
SELECT trace_id, span_id, parent_id, name, kind, start, duration_ns, status, status_message, service,
    resource_type, resource_name, operation, error_kind, attributes,
    1 + toUInt16OrZero(attributes['mendline.retries']) + toUInt16OrZero(attributes['http.request.resend_count']) AS attempt,
    status != 2 AND toUInt16OrZero(attributes['mendline.retries']) > 0 AS recovered
FROM spans
WHERE resource_type != '' AND (NOT unfinished OR (trace_id, span_id) NOT IN ( -- told again when it had ended
    SELECT trace_id, span_id FROM spans WHERE NOT unfinished AND trace_id IN (SELECT trace_id FROM spans WHERE unfinished)))
