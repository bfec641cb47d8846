-- The spans of a batch that failed.
CREATE MATERIALIZED VIEW spans_in_to_errors TO errors AS
WITH
    arrayFirst(e -> e.name = 'exception', events).attributes AS told,
    splitByChar(':', attributes['cloud.resource_id']) AS arn
SELECT
    start + toIntervalNanosecond(duration_ns) AS time, 'span' AS source,
    multiIf(attributes['error.type'] != '', attributes['error.type'],
        told['exception.type'] != '', told['exception.type'], 'unknown') AS type,
    if(told['exception.message'] != '', told['exception.message'], status_message) AS message,
    told['exception.stacktrace'] AS stack,
    cityHash64(type, if(stack != '',
        replaceRegexpAll(replaceAll(stack, message, ''), '0x[0-9A-Fa-f]+|[0-9]+', '#'),
        replaceRegexpAll(message, '\'[^\']*\'|"[^"]*"|[0-9A-Fa-f-]*[0-9][0-9A-Fa-f-]*', '#'))) AS fingerprint,
    {KIND(type, message)} AS kind,
    if(resource['cloud.account.id'] != '', resource['cloud.account.id'], arn[5]) AS account,
    if(resource['cloud.region'] != '', resource['cloud.region'], arn[4]) AS region,
    if(resource['faas.name'] != '', resource['faas.name'], resource['service.name']) AS function,
    resource['faas.version'] AS version,
    if(attributes['faas.invocation_id'] != '', attributes['faas.invocation_id'], attributes['faas.execution']) AS request_id,
    trace_id, span_id, name AS span_name, request_id != '' AS invocation
FROM spans_in
WHERE status = 2
