-- How many spans a trace has, as trace_spans tells them, without those told before they had ended of which the end is told.
WITH {PART(hours_of_trace)} AS hours
SELECT sum(if(ended > 0, ended, told)) AS spans
FROM (
    SELECT
        uniqExact(kind, name, start, duration_ns, unfinished) AS told,
        uniqExactIf((kind, name, start, duration_ns), NOT unfinished) AS ended
    FROM spans
    WHERE {PART(of_trace)}
    GROUP BY span_id
)
