-- Traces of the range in which every span that failed was a try before one that succeeded.
SELECT trace_id FROM (
    SELECT trace_id, countIf(status = 2) AS failures,
        if(any(kind) IN (3, 4), least(failures, sumIf(resent, status != 2)), 0) AS mended
    FROM (SELECT *, {PART(which_call)} FROM spans)
    WHERE {PART(spans_near)}
        AND trace_id IN (
            SELECT trace_id FROM spans
            WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
                AND status = 2)
    GROUP BY trace_id, kind IN (3, 4), call
)
GROUP BY trace_id
HAVING sum(failures) > 0 AND sum(failures) = sum(mended)
