-- Why a function started cold in the range, by what had happened before; the hour before the range is known too.
WITH
    runs AS (
        SELECT start, start + toIntervalNanosecond(duration_ns) AS ended, version, cold_start, init_ms,
            (unfinished OR {TIMED_OUT} OR error_kind = 'oom') AS broke_off
        FROM invocations AS r
        WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            AND (account, region, function) = ({account:String}, {region:String}, {name:String})
            AND {CURRENT}
    ),
    beside AS (
        SELECT *, max(ended) OVER earlier AS busy_until, count() OVER earlier AS runs_before,
            argMax(version, start) OVER earlier AS version_before, argMax(broke_off, start) OVER earlier AS broken_before
        FROM runs
        WINDOW earlier AS (ORDER BY start ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
SELECT
    multiIf(
        runs_before = 0, 'first',
        version != version_before, 'version',
        broken_before AND busy_until <= start, 'broken',
        busy_until > start - toIntervalNanosecond(toInt64(init_ms * 1e6)), 'at_once',
        busy_until < start - INTERVAL 5 MINUTE, 'idle',
        'replaced') AS cause,
    count() AS times, avg(init_ms) AS mean_init_ms,
    median(greatest(0, (toUnixTimestamp64Nano(start) - toUnixTimestamp64Nano(busy_until)) / 1e9)) AS idle_s
FROM beside
WHERE cold_start AND start >= fromUnixTimestamp64Nano({from_ns:Int64})
GROUP BY cause
ORDER BY times DESC, cause
