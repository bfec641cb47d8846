-- Every span of a batch. An operation is what calls: CLIENT, PRODUCER and CONSUMER spans that are no invocation.
CREATE MATERIALIZED VIEW spans_in_to_spans TO spans AS
WITH
    attributes['faas.invocation_id'] != '' OR attributes['faas.execution'] != '' OR (
        kind IN (2, 5) AND (resource['cloud.platform'] = 'aws_lambda' OR resource['faas.name'] != '')
        AND (parent_id = toFixedString('', 8) OR bitAnd(flags, 768) != 256)) AS invoked,
    kind IN (3, 4, 5) AND NOT invoked AS calls,
    multiIf(status != 2, '', attributes['error.type'] != '', attributes['error.type'],
        arrayFirst(e -> e.name = 'exception', events).attributes['exception.type']) AS code
SELECT trace_id, span_id, parent_id, trace_state, flags, name, kind, start, duration_ns, placed_at_receipt,
    status, status_message, resource['service.name'] AS service, resource_id,
    if(invoked, if(resource['faas.name'] != '', resource['faas.name'], service), '') AS function,
    if(calls, {RESOURCE_TYPE}, '') AS resource_type, if(calls, {RESOURCE_NAME}, '') AS resource_name,
    if(calls, {OPERATION}, '') AS operation,
    if(status = 2, {KIND(code, status_message)}, '') AS error_kind,
    scope_name, scope_version, scope_details, attributes, attribute_types, events, event_details, links, link_details, dropped
FROM spans_in
