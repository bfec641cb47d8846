-- Each change of an invocation, added to its minute as often as it stands for others by sampling.
CREATE MATERIALIZED VIEW invocations_to_function_minutes TO function_minutes AS
WITH sign * toInt64(stands_for) AS counted
SELECT
    account, region, function, toStartOfMinute(start) AS minute, {FUNCTION_SUMS}
FROM invocations
GROUP BY account, region, function, minute
