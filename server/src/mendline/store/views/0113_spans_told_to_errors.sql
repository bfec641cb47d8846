-- The spans of a batch that failed.
CREATE MATERIALIZED VIEW spans_told_to_errors TO errors AS
WITH splitByChar(':', attributes['cloud.resource_id']) AS arn
SELECT
    start + toIntervalNanosecond(duration_ns) AS time, 'span' AS source,
    error_type AS type,
    if(exception['exception.message'] != '', exception['exception.message'], status_message) AS message,
    exception['exception.stacktrace'] AS stack,
    cityHash64(type, if(stack != '',
        replaceRegexpAll(replaceAll(stack, message, ''), '0x[0-9A-Fa-f]+|[0-9]+', '#'),
        replaceRegexpAll(message, '\'[^\']*\'|"[^"]*"|[0-9A-Fa-f-]*[0-9][0-9A-Fa-f-]*', '#'))) AS fingerprint,
    error_kind AS kind,
    if(resource['cloud.account.id'] != '', resource['cloud.account.id'], arn[5]) AS account,
    if(resource['cloud.region'] != '', resource['cloud.region'], arn[4]) AS region,
    if(resource['faas.name'] != '', resource['faas.name'], service) AS function,
    resource['faas.version'] AS version,
    if(attributes['faas.invocation_id'] != '', attributes['faas.invocation_id'], attributes['faas.execution']) AS request_id,
    trace_id, span_id, name AS span_name, request_id != '' AS invocation
FROM spans_told
WHERE status = 2
