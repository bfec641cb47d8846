-- The platform's lines of a batch that tell how an execution went, written when it has ended; and of those that it has
-- begun the ones with a trace, which the end need not repeat.
CREATE MATERIALIZED VIEW logs_in_to_execution_halves TO execution_halves AS
WITH
    attributes['mendline.platform'] AS line,
    {MS(attributes['mendline.duration_ms'])} AS lasted_ms,
    {MS(attributes['mendline.init_ms'])} AS began_ms
SELECT
    batch,
    multiIf(line = 'report', 'report', line = 'timeout', 'timeout', line = 'start', 'start', 'exit') AS source,
    resource['cloud.account.id'] AS account, resource['cloud.region'] AS region,
    if(resource['faas.name'] != '', resource['faas.name'], resource['service.name']) AS function,
    resource['faas.version'] AS version, resource['faas.instance'] AS instance,
    attributes['faas.invocation_id'] AS request_id,
    trace_id, span_id,
    toUInt64OrZero(attributes['mendline.timeout_ms']) AS timeout_ms,
    toUInt64(if(line = 'timeout', {MS(attributes['mendline.timeout_ms'])}, lasted_ms) * 1e6) AS duration_ns,
    time - toIntervalNanosecond(duration_ns) AS start,
    line NOT IN ('report', 'start') OR line = 'report'
        AND (attributes['mendline.status'] IN ('error', 'failure', 'timeout') OR attributes['error.type'] != '') AS error,
    if(error, multiIf(attributes['error.type'] != '', attributes['error.type'],
        attributes['mendline.status'] = 'timeout', 'Function.Timeout', ''), '') AS error_type,
    if(error, attributes['exception.message'], '') AS error_message,
    if(error, {KIND(error_type, error_message)}, '') AS error_kind,
    began_ms > 0 OR attributes['mendline.restore_ms'] != '' AS cold_start,
    began_ms AS init_ms,
    {MS(attributes['mendline.restore_ms'])} AS restore_ms,
    toUInt64({MS(attributes['mendline.billed_ms'])}) AS billed_ms,
    0 AS remaining_ms,
    {BYTES(attributes['mendline.memory.size_bytes'])} AS memory_size_bytes,
    {BYTES(attributes['mendline.memory.used_bytes'])} AS memory_used_bytes,
    '' AS trigger, '' AS trigger_source, 0 AS attempt
FROM logs_in
WHERE request_id != ''
    AND (line IN ('report', 'timeout', 'exit', 'fault') OR line = 'start' AND trace_id != toFixedString('', 16))
