-- The halves of a batch, {first} <= batch < {end}, and all that may be of the same executions; of these, `several` are
-- known by more than one. 17 minutes (1,020 s) are the longest execution and some more.
    new AS (
        SELECT key, start, start + toIntervalNanosecond(least(duration_ns, 1020 * 1000000000)) AS end FROM execution_halves
        WHERE batch >= {first:UInt64} AND batch < {end:UInt64}
    ),
    hours AS (
        SELECT DISTINCT arrayJoin([toStartOfHour(start - INTERVAL 17 MINUTE), toStartOfHour(start),
            toStartOfHour(end + INTERVAL 17 MINUTE)]) AS hour, key FROM new
    ),
    near AS (
        SELECT *, key FROM execution_halves
        WHERE (toStartOfHour(start), key) IN (SELECT hour, key FROM hours) AND batch < {end:UInt64}
    ),
    several AS (SELECT key FROM near GROUP BY key HAVING count() > 1)
