-- The invocation of which a half is all that is known.
    account, region, function, version, instance, request_id, message_keys, trace_id, span_id, start, duration_ns,
    error, error_kind, if(error AND error_type = '', 'unknown', error_type) AS error_type, error_message,
    cold_start, init_ms, restore_ms, billed_ms, timeout_ms, remaining_ms, source = 'early' AS unfinished,
    memory_size_bytes, memory_used_bytes, trigger, trigger_source, attempt, waited_ms, stands_for,
    bitShiftLeft(toUInt8(1), toUInt8(source)) AS sources, batch AS revision, 1 AS sign
