-- Every log record of a batch.
CREATE MATERIALIZED VIEW logs_in_to_logs TO logs AS
SELECT time, observed, placed_at_receipt, trace_id, span_id, flags, severity_number, severity_text, event_name, body,
    resource['service.name'] AS service,
    if(resource['faas.name'] != '', resource['faas.name'], service) AS function,
    resource['faas.instance'] AS instance,
    if(attributes['faas.invocation_id'] != '', attributes['faas.invocation_id'], attributes['faas.execution']) AS request_id,
    attributes['mendline.platform'] AS platform,
    resource_id, scope_name, scope_version, scope_details, attributes, attribute_types, body_type, dropped_attributes
FROM logs_in
