-- When each function was last deployed in the range.
SELECT account, region, name, max(time_ns) AS last_ns
FROM (
{PART(changes_told)}
)
WHERE type = 'lambda' AND kind IN ('deployment', 'version')
GROUP BY account, region, name
LIMIT 10000
