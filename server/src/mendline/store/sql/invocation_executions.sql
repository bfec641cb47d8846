-- Every execution of one request id (or the one span with this id), oldest first: its n-th row is attempt n.
SELECT
    account, region, function AS name, version, instance, request_id,
    lower(hex(trace_id)) AS trace_id, lower(hex(span_id)) AS span_id,
    toUnixTimestamp64Nano(start) AS start_ns, duration_ns, error, error_type, error_message,
    cold_start, init_ms, timeout_ms, unfinished, memory_size_bytes, memory_used_bytes, trigger, trigger_source,
    '' AS slowest, 0 AS slowest_ms
FROM invocations
WHERE if({by_span:Bool}, request_id = '' AND lower(hex(invocations.span_id)) = {id:String}, request_id = {id:String})
ORDER BY start
LIMIT 1000
