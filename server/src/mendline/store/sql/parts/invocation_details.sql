-- What is told of the invocations in `page`: other attempts at the same events, and its calls.
    -- one value, so that the page is read once for all that follows: what WITH names is made anew wherever it stands
    (
        SELECT (groupArray((trace_id, span_id)), min(start), max(start), groupUniqArrayArray(event_keys),
            groupUniqArray(function))
        FROM page
    ) AS shown,
    attempts AS (
        SELECT arrayJoin(event_keys) AS event, toUnixTimestamp64Nano(start) AS began_ns, error AS failed
        FROM invocations
        WHERE function IN (SELECT arrayJoin(shown.5)) AND hasAny(event_keys, shown.4)
            AND start >= shown.2 - INTERVAL 1 DAY AND start < shown.3 + INTERVAL 1 DAY
            AND sign = 1 AND (execution, revision) NOT IN (
                SELECT execution, revision FROM invocations
                WHERE sign = -1 AND function IN (SELECT arrayJoin(shown.5)) AND hasAny(event_keys, shown.4))
    ),
    (
        SELECT CAST((groupArray(event), groupArray(told)), 'Map(UInt64, Array(Tuple(Int64, Bool)))')
        FROM (
            SELECT event, arraySort(groupArray(1000)((began_ns, failed))) AS told
            FROM attempts
            WHERE has(shown.4, event)
            GROUP BY event
        )
    ) AS by_event,
    calls AS (
        SELECT trace_id AS caller_trace, parent_id AS caller,
            if(resource_type != '', concat(resource_type, ' ', resource_name), name) AS called,
            sum(duration_ns) / 1e6 AS spent_ms, max(duration_ns) / 1e6 AS most_ms,
            argMax(if(resource_type != '', concat(resource_type, ' ', resource_name, ' ', operation), name), duration_ns) AS most
        FROM spans
        WHERE kind IN (3, 4) AND start >= shown.2 AND start < shown.3 + INTERVAL 16 MINUTE
            AND (trace_id, parent_id) IN (SELECT one.1, one.2 FROM (SELECT arrayJoin(shown.1) AS one))
        GROUP BY trace_id, parent_id, called
    ),
    slowest AS (
        SELECT caller_trace, caller, max(most_ms) AS longest_ms, argMax(most, most_ms) AS longest,
            arraySort(call -> (-call.2, call.1), groupArray(50)((called, spent_ms))) AS spent
        FROM calls
        GROUP BY caller_trace, caller
    )
SELECT
    account, region, function AS name, version, instance, request_id,
    if(page.trace_id = toFixedString('', 16), '', lower(hex(page.trace_id))) AS trace_id,
    if(page.span_id = toFixedString('', 8), '', lower(hex(page.span_id))) AS span_id,
    toUnixTimestamp64Nano(page.start) AS start_ns, duration_ns, error, error_kind, error_type, error_message,
    cold_start, init_ms, restore_ms, billed_ms, timeout_ms, unfinished, memory_size_bytes, memory_used_bytes,
    trigger, trigger_source, attempt AS told_attempt, arrayMap(event -> by_event[event], event_keys) AS attempts,
    bitTest(sources, 3) AS reported, longest AS slowest, longest_ms AS slowest_ms, spent AS calls
FROM page
LEFT JOIN slowest ON page.trace_id = slowest.caller_trace AND page.span_id = slowest.caller
