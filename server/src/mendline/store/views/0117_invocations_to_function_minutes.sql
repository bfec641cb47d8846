-- Each change of an invocation, added to its minute.
CREATE MATERIALIZED VIEW invocations_to_function_minutes TO function_minutes AS
SELECT
    account, region, function, toStartOfMinute(start) AS minute, {FUNCTION_SUMS}
FROM invocations
GROUP BY account, region, function, minute
