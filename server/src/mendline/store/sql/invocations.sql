-- Invocations of one function, newest or slowest first; the attempt counts executions of one request id by time.
WITH
    page AS (
        SELECT *
        FROM invocations
        WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            AND (account, region, function) = ({account:String}, {region:String}, {name:String})
            AND (NOT {only_errors:Bool} OR error)
        ORDER BY if({slowest:Bool}, duration_ns, 0) DESC, start DESC, span_id
        LIMIT {limit:UInt32} OFFSET {offset:UInt32}
    ),
    earlier AS (
        SELECT request_id AS repeated, arraySort(groupArray(start)) AS starts
        FROM invocations
        WHERE request_id != '' AND request_id IN (SELECT request_id FROM page)
        GROUP BY request_id
    ),
    slowest AS (
        SELECT trace_id AS caller_trace, parent_id AS caller, argMax(if(attributes['mendline.resource.type'] != '',
            concat(attributes['mendline.resource.type'], ' ', attributes['mendline.resource.name'], ' ',
                attributes['mendline.resource.operation']), name), duration_ns) AS longest, max(duration_ns) / 1e6 AS longest_ms
        FROM spans
        WHERE kind IN (3, 4)
            AND start >= (SELECT min(start) FROM page) AND start < (SELECT max(start) FROM page) + INTERVAL 16 MINUTE
            AND (trace_id, parent_id) IN (SELECT trace_id, span_id FROM page)
        GROUP BY trace_id, parent_id
    )
SELECT
    account, region, function AS name, version, instance, request_id,
    lower(hex(page.trace_id)) AS trace_id, lower(hex(page.span_id)) AS span_id,
    toUnixTimestamp64Nano(page.start) AS start_ns, duration_ns, error, error_kind, error_type, error_message,
    cold_start, init_ms, timeout_ms, unfinished, memory_size_bytes, memory_used_bytes, trigger, trigger_source,
    greatest(1, indexOf(starts, page.start)) AS attempt,
    longest AS slowest, longest_ms AS slowest_ms
FROM page
LEFT JOIN earlier ON page.request_id = earlier.repeated
LEFT JOIN slowest ON page.trace_id = slowest.caller_trace AND page.span_id = slowest.caller
ORDER BY if({slowest:Bool}, duration_ns, 0) DESC, start_ns DESC, span_id
