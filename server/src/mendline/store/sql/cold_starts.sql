-- Why a function started cold in the range, by what had happened before; the hour before the range is known too. {changed}
-- are moments at which its configuration changed and its code did not.
WITH
    runs AS (
        SELECT start, start + toIntervalNanosecond(duration_ns) AS ended, version, cold_start, init_ms,
            ifNull({COST}, 0) * least(1, init_ms / nullIf(if(billed_ms > 0, toFloat64(billed_ms), ceil(duration_ns / 1e6 + init_ms)), 0)) AS price,
            multiIf({TIMED_OUT}, 'timeout', error_kind IN ('oom', 'crash') OR unfinished, 'crash', '') AS broke_off,
            memory_size_bytes AS size
        FROM invocations AS r
        WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            AND (account, region, function) = ({account:String}, {region:String}, {name:String})
            AND {CURRENT}
    ),
    beside AS (
        SELECT *, max(ended) OVER earlier AS busy_until, count() OVER earlier AS runs_before,
            argMax(version, start) OVER earlier AS version_before, argMax(broke_off, start) OVER earlier AS broken_before,
            argMax(size, start) OVER earlier AS size_before, max(start) OVER earlier AS began_before
        FROM runs
        WINDOW earlier AS (ORDER BY start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
SELECT
    multiIf(
        runs_before = 0, 'first',
        version != version_before, 'version',
        size != size_before OR arrayExists(at -> at > toUnixTimestamp64Nano(began_before)
            AND at <= toUnixTimestamp64Nano(start), {changed:Array(Int64)}), 'configuration',
        broken_before != '' AND busy_until <= start, broken_before,
        busy_until > start - toIntervalNanosecond(toInt64(init_ms * 1e6)), 'at_once',
        busy_until < start - INTERVAL 5 MINUTE, 'idle',
        'replaced') AS cause,
    count() AS times, sum(price) AS cost_usd, avg(init_ms) AS mean_init_ms,
    median(greatest(0, (toUnixTimestamp64Nano(start) - toUnixTimestamp64Nano(busy_until)) / 1e9)) AS idle_s
FROM beside
WHERE cold_start AND start >= fromUnixTimestamp64Nano({from_ns:Int64})
GROUP BY cause
ORDER BY times DESC, cause
