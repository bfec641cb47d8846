-- All halves that may be of the executions of a batch; of these, `several` are known by more than one.
{PART(hours_near)},
    near AS (
        SELECT *, key FROM execution_halves
        WHERE (toStartOfHour(start), key) IN (SELECT hour, key FROM hours) AND batch < {end:UInt64}
    ),
    several AS (SELECT key FROM near GROUP BY key HAVING count() > 1)
