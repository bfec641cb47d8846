-- What was added to minutes, added to their day: a tenth of the rows that were added up for the minutes.
CREATE MATERIALIZED VIEW function_minutes_to_function_days TO function_days AS
SELECT account, region, function, toDate(minute) AS day,
    sum(invocations) AS invocations, sum(errors) AS errors, sum(timeouts) AS timeouts, sum(cold_starts) AS cold_starts,
    sum(unfinished_count) AS unfinished_count, sum(total_duration_ns) AS total_duration_ns,
    sum(total_billed_ms) AS total_billed_ms, sum(total_billed_byte_ms) AS total_billed_byte_ms,
    sum(total_init_us) AS total_init_us,
    sumMap(durationMap.bucket, durationMap.count).1 AS `durationMap.bucket`,
    sumMap(durationMap.bucket, durationMap.count).2 AS `durationMap.count`
FROM function_minutes
GROUP BY account, region, function, day
