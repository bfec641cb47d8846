-- Every execution of one request id (or the one span with this id), oldest first: its n-th row is attempt n.
WITH
    executions AS (
        SELECT *
        FROM invocations
        WHERE if({by_span:Bool}, request_id = '' AND lower(hex(invocations.span_id)) = {id:String},
            request_id = {id:String})
        ORDER BY start
        LIMIT 1000
    ),
    slowest AS (
        SELECT trace_id AS caller_trace, parent_id AS caller, argMax(if(attributes['mendline.resource.type'] != '',
            concat(attributes['mendline.resource.type'], ' ', attributes['mendline.resource.name'], ' ',
                attributes['mendline.resource.operation']), name), duration_ns) AS longest, max(duration_ns) / 1e6 AS longest_ms
        FROM spans
        WHERE kind IN (3, 4)
            AND start >= (SELECT min(start) FROM executions)
            AND start < (SELECT max(start) FROM executions) + INTERVAL 16 MINUTE
            AND (trace_id, parent_id) IN (SELECT trace_id, span_id FROM executions)
        GROUP BY trace_id, parent_id
    )
SELECT
    account, region, function AS name, version, instance, request_id,
    lower(hex(executions.trace_id)) AS trace_id, lower(hex(executions.span_id)) AS span_id,
    toUnixTimestamp64Nano(executions.start) AS start_ns, duration_ns, error, error_kind, error_type, error_message,
    cold_start, init_ms, timeout_ms, unfinished, memory_size_bytes, memory_used_bytes, trigger, trigger_source,
    longest AS slowest, longest_ms AS slowest_ms
FROM executions
LEFT JOIN slowest ON executions.trace_id = slowest.caller_trace AND executions.span_id = slowest.caller
ORDER BY executions.start
