-- The log records of a batch that tell of an exception.
CREATE MATERIALIZED VIEW logs_in_to_errors TO errors AS
SELECT
    time, 'log' AS source,
    if(attributes['exception.type'] != '', attributes['exception.type'], attributes['error.type']) AS type,
    if(attributes['exception.message'] != '', attributes['exception.message'], body) AS message,
    attributes['exception.stacktrace'] AS stack,
    cityHash64(type, if(stack != '',
        replaceRegexpAll(replaceAll(stack, message, ''), '0x[0-9A-Fa-f]+|[0-9]+', '#'),
        replaceRegexpAll(message, '\'[^\']*\'|"[^"]*"|[0-9A-Fa-f-]*[0-9][0-9A-Fa-f-]*', '#'))) AS fingerprint,
    {KIND(type, message)} AS kind,
    resource['cloud.account.id'] AS account, resource['cloud.region'] AS region,
    if(resource['faas.name'] != '', resource['faas.name'], resource['service.name']) AS function,
    resource['faas.version'] AS version, attributes['faas.invocation_id'] AS request_id,
    trace_id, span_id, '' AS span_name, false AS invocation
FROM logs_in
WHERE type != ''
