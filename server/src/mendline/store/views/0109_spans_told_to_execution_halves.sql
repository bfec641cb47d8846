-- The spans of a batch that are executions of a function.
CREATE MATERIALIZED VIEW spans_told_to_execution_halves TO execution_halves AS
WITH
    if(attributes['faas.invocation_id'] != '', attributes['faas.invocation_id'], attributes['faas.execution']) AS id,
    splitByChar(':', attributes['cloud.resource_id']) AS arn,
    toUnixTimestamp64Nano(start) - toInt64OrZero(attributes['mendline.trigger.sent_at']) AS since_sent_ns,
    {PART(sampling_weight)} AS weight
SELECT
    batch,
    if(attributes['mendline.unfinished'] = 'true', 'early', 'span') AS source,
    if(resource['cloud.account.id'] != '', resource['cloud.account.id'], arn[5]) AS account,
    if(resource['cloud.region'] != '', resource['cloud.region'], arn[4]) AS region,
    function,
    resource['faas.version'] AS version,
    resource['faas.instance'] AS instance,
    id AS request_id,
    arrayDistinct(arrayMap(name -> cityHash64(function, name), arrayFilter(name -> name != '',
        JSONExtract(attributes['mendline.links.in'], 'Array(String)')))) AS message_keys,
    trace_id, span_id, start, duration_ns,
    status = 2 AS error,
    error_type,
    if(error, if(status_message != '', status_message, exception['exception.message']), '') AS error_message,
    error_kind,
    attributes['faas.coldstart'] = 'true' AS cold_start,
    {MS(attributes['mendline.init_ms'])} AS init_ms,
    0 AS restore_ms, 0 AS billed_ms,
    toUInt64OrZero(attributes['mendline.timeout_ms']) AS timeout_ms,
    {MS(attributes['mendline.remaining_ms'])} AS remaining_ms,
    {BYTES(resource['faas.max_memory'])} AS memory_size_bytes,
    {BYTES(attributes['mendline.memory.used_bytes'])} AS memory_used_bytes,
    -- OpenTelemetry says `pubsub` for queues, topics and streams alike, and beside it which: aws_sqs, AmazonSQS, aws.sns
    multiIf(attributes['mendline.trigger'] != '', attributes['mendline.trigger'],
        attributes['faas.trigger'] = 'pubsub' AND attributes['messaging.system'] != '',
        replaceRegexpOne(lower(attributes['messaging.system']), '^(aws[._]|amazon)', ''),
        attributes['faas.trigger']) AS trigger,
    multiIf(attributes['mendline.trigger.source'] != '', attributes['mendline.trigger.source'],
        attributes['messaging.destination.name'] != '', attributes['messaging.destination.name'],
        attributes['faas.trigger'] = 'pubsub', attributes['messaging.source.name'], '') AS trigger_source,
    toUInt16OrZero(attributes['mendline.attempt']) AS attempt,
    -- clocks differ a little, so that none is below a microsecond; one beyond a year is no moment
    if(since_sent_ns < 366 * 86400e9, greatest(since_sent_ns, 1000) / 1e6, 0) AS waited_ms,
    -- of a weight that is no whole number the rest is thrown as dice, as in 0121; our agent tells of each execution
    if(scope_name = 'mendline_agent' OR trace_state = '', 1, toUInt32(greatest(1, floor(least(weight, 1e6)
        + bitShiftRight(cityHash64(span_id), 11) / 9007199254740992)))) AS stands_for
FROM spans_told
WHERE invoked
