-- Each change of an invocation, added to its day.
CREATE MATERIALIZED VIEW invocations_to_function_days TO function_days AS
SELECT
    account, region, function, toDate(start) AS day, {FUNCTION_SUMS}
FROM invocations
GROUP BY account, region, function, day
