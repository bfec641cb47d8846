-- What is said of each span of a batch: whether it is an invocation, what it calls (CLIENT, PRODUCER and CONSUMER spans
-- that are no invocation), and its error. Said once, since to analyse the table of error kinds takes 10 ms of an insert.
CREATE MATERIALIZED VIEW spans_in_to_spans_told TO spans_told AS
WITH
    kind IN (3, 4, 5) AND NOT invoked AS calls,
    concat(status_message, '\n', exception['exception.message']) AS error_text
SELECT *, resource['service.name'] AS service,
    attributes['faas.invocation_id'] != '' OR attributes['faas.execution'] != '' OR (
        kind IN (2, 5)                                           -- SERVER, CONSUMER
        AND (resource['cloud.platform'] = 'aws_lambda' OR resource['faas.name'] != '')
        -- no parent, or one that is not known to be in the same process
        AND (parent_id = toFixedString('', 8) OR bitAnd(flags, 768) != 256)) AS invoked,
    if(invoked, if(resource['faas.name'] != '', resource['faas.name'], service), '') AS function,
    if(calls, {RESOURCE_TYPE}, '') AS resource_type, if(calls, {RESOURCE_NAME}, '') AS resource_name,
    if(calls, {OPERATION}, '') AS operation,
    arrayFirst(e -> e.name = 'exception', events).attributes AS exception,
    multiIf(status != 2, '', attributes['error.type'] != '', attributes['error.type'],
        exception['exception.type'] != '', exception['exception.type'], 'unknown') AS error_type,
    if(status = 2, {KIND(error_type, error_text)}, '') AS error_kind
FROM spans_in
