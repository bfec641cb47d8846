-- How many spans a trace has, as trace_spans tells them, without those told before they had ended of which the end is told.
WITH (
    SELECT (min(hour), max(hour) + INTERVAL 1 HOUR) FROM trace_hours
    WHERE trace = toUInt32(cityHash64(toFixedString(unhex({trace_id:String}), 16)))
) AS hours
SELECT sum(if(ended > 0, ended, told)) AS spans
FROM (
    SELECT
        uniqExact(kind, name, start, duration_ns, unfinished) AS told,
        uniqExactIf((kind, name, start, duration_ns), NOT unfinished) AS ended
    FROM spans
    WHERE trace_id = toFixedString(unhex({trace_id:String}), 16)
        AND start >= hours.1 AND start < hours.2
        AND indexHint(toStartOfHour(start) > hours.1 - INTERVAL 1 HOUR AND toStartOfHour(start) < hours.2)
    GROUP BY span_id
)
