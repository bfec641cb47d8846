-- When spans near the range began, and how long they had lasted, that were told before they had ended and again when they
-- had: as they were told first, they count no more. (Few are; so these are looked for by columns that every read has.)
SELECT start, duration_ns FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND unfinished
    AND (trace_id, span_id) IN (
        SELECT trace_id, span_id FROM spans
        WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND NOT unfinished
            AND trace_id IN (
                SELECT trace_id FROM spans
                WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND unfinished))
