-- What the writer would have completed of their spans and the platform's reports.
INSERT INTO invocations (account, region, function, version, instance, request_id, trace_id, span_id, start, duration_ns,
    error, error_kind, error_type, error_message, cold_start, init_ms, billed_ms, timeout_ms, remaining_ms,
    memory_size_bytes, memory_used_bytes, trigger, sources, revision, sign)
SELECT
    '000000000000', 'us-east-1', function, toString(h % 3 + 1), concat('i-', toString(bitShiftRight(h, 16) % 40)), request_id,
    trace_id, span_id, fromUnixTimestamp64Nano(start_ns), duration_ns,
    error, if(error, if(error_type = 'TimeoutError', 'timeout', 'unhandled'), ''), if(error, error_type, ''),
    if(error, concat(error_type, ' of user ', toString(user)), ''), cold_start, if(cold_start, 240, 0),
    intDiv(duration_ns, 1000000) + 1, 3000, 3000 - duration_ns / 1e6, 536870912, 1e8 + h % 100000000,
    if(parent_id = toFixedString('', 8), 'apigateway.v2', 'sqs'), 6, 1, 1
FROM ({INVOKED})
