-- The halves of a batch, {first} <= batch < {end}, and in which hours others may be of the same executions. 17 minutes
-- (1,020 s) are the longest execution and some more.
    new AS (
        SELECT key, start, start + toIntervalNanosecond(least(duration_ns, 1020 * 1000000000)) AS end FROM execution_halves
        WHERE batch >= {first:UInt64} AND batch < {end:UInt64}
    ),
    hours AS (
        SELECT DISTINCT arrayJoin([toStartOfHour(start - INTERVAL 17 MINUTE), toStartOfHour(start),
            toStartOfHour(end + INTERVAL 17 MINUTE)]) AS hour, key FROM new
    )
