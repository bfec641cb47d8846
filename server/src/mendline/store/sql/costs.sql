-- What each function used in the range, and of its cost (first tier, x86) what executions took that failed, timed out, or
-- were a later try at the same event, as they tell it. Each execution counts as waste once, as the first of these.
WITH
    if(r.billed_ms > 0, toFloat64(r.billed_ms), ceil(r.duration_ns / 1e6 + r.init_ms)) AS billed,
    ifNull({COST}, 0) AS price,
    {TIMED_OUT} AS is_timeout
SELECT r.account AS account, r.region AS region, r.function AS name, count() AS requests,
    sum(billed) / 1e3 AS billed_s, sum(billed / 1e3 * r.memory_size_bytes / 1073741824) AS gb_s,
    countIf(r.memory_size_bytes = 0) AS unsized, countIf(r.billed_ms > 0) AS reported,
    sum(price) AS usd, sumIf(price, is_timeout) AS timeouts_usd, countIf(is_timeout) AS timeouts,
    sumIf(price, r.error AND NOT is_timeout) AS failures_usd, countIf(r.error AND NOT is_timeout) AS failures,
    sumIf(price, NOT r.error AND r.attempt > 1) AS retries_usd, countIf(NOT r.error AND r.attempt > 1) AS retries,
    sumIf(price * least(1, r.init_ms / nullIf(billed, 0)), r.cold_start) AS inits_usd,
    toUnixTimestamp64Nano(minIf(r.start, r.error OR r.attempt > 1)) AS first_waste_ns
FROM invocations AS r
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
GROUP BY r.account, r.region, r.function
ORDER BY usd DESC, name
LIMIT 5000
