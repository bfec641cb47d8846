-- The versions of a batch of invocations, each on its days. What is taken back later stays: it was believed at that moment.
CREATE MATERIALIZED VIEW invocations_to_function_versions TO function_versions AS
SELECT account, region, function, version, toDate(start) AS day, min(start) AS first
FROM invocations
WHERE version != ''
GROUP BY account, region, function, version, day
