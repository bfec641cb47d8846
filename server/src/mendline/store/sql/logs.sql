-- Log records that fit, newest first.
SELECT
{PART(log_columns)}
FROM logs
WHERE {PART(fitting_logs)}
ORDER BY time DESC
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
