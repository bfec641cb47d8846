-- Halves of a batch, each of which is all that is known of its execution, become invocations as they are: the same row
-- that changes/folded_executions.sql makes of a single half.
INSERT INTO invocations (
{PART(written_of_executions)}
) SETTINGS {ONCE}
SELECT
{PART(lone_half)}
FROM execution_halves
WHERE batch >= {first:UInt64} AND batch < {end:UInt64}
    AND source != 'start' -- what has begun is an invocation when more is known
