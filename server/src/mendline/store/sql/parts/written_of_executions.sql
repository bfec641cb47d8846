-- The columns of invocations that are made of halves, in the order in which those who write them tell them.
    account, region, function, version, instance, request_id, message_keys, trace_id, span_id, start, duration_ns,
    error, error_kind, error_type, error_message,
    cold_start, init_ms, restore_ms, billed_ms, timeout_ms, remaining_ms, unfinished,
    memory_size_bytes, memory_used_bytes, trigger, trigger_source, attempt, waited_ms, stands_for, sources, revision, sign
