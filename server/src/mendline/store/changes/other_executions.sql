-- The same as changes/lone_executions.sql, where of some executions of the batch more is known: those are left to
-- changes/folded_executions.sql.
INSERT INTO invocations (
{PART(written_of_executions)}
) SETTINGS {ONCE}
WITH
{PART(executions_near)}
SELECT
{PART(lone_half)}
FROM execution_halves
WHERE batch >= {first:UInt64} AND batch < {end:UInt64} AND key NOT IN (SELECT key FROM several)
    AND source != 'start' -- what has begun is an invocation when more is known
