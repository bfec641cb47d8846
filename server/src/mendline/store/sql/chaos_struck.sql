-- What a run of an experiment did: the invocations that it touched, by the marks of their spans, and how these went; and
-- how many of its faults were injected, as the invocations count them, else as the marks of the calls do.
SELECT uniqExactIf(trace_id, span_id, is_whole) AS invocations,
    uniqExactIf(trace_id, span_id, is_whole AND failed) AS failed,
    uniqExactIf(trace_id, span_id, is_whole AND degraded) AS degraded,
    uniqExactIf(trace_id, span_id, is_whole AND buffered) AS buffered,
    sum(told) AS told, uniqExactIf(trace_id, span_id, fault != '') AS marked
FROM (
    SELECT trace_id, span_id, function != '' AS is_whole, status = 2 AS failed,
        attributes['mendline.chaos.fault'] AS fault,
        lower(attributes['mendline.degraded']) NOT IN ('', '0', 'false') AS degraded,
        lower(attributes['mendline.buffered']) NOT IN ('', '0', 'false') AS buffered,
        JSONExtractUInt(attributes['mendline.chaos.injected'], {id:String}) AS told
    FROM spans
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND (attributes['mendline.chaos.id'] = {id:String} OR JSONHas(attributes['mendline.chaos.injected'], {id:String}))
    ORDER BY unfinished
    LIMIT 1 BY trace_id, span_id
)
