-- Keys of the attributes that the newest spans, log records and points, and all resources, have.
SELECT groupUniqArrayArray(5000)(keys) AS keys
FROM (
    SELECT groupUniqArrayArray(2000)(mapKeys(attributes)) AS keys
    FROM (SELECT attributes FROM spans WHERE start > now64(9) - INTERVAL 1 DAY ORDER BY start DESC LIMIT 100000)
    UNION ALL
    SELECT groupUniqArrayArray(1000)(mapKeys(attributes)) AS keys
    FROM (SELECT attributes FROM logs WHERE time > now64(9) - INTERVAL 1 DAY ORDER BY time DESC LIMIT 50000)
    UNION ALL
    SELECT groupUniqArrayArray(1000)(mapKeys(attributes)) AS keys
    FROM (SELECT attributes FROM metrics WHERE time > now64(9) - INTERVAL 1 DAY LIMIT 50000)
    UNION ALL
    SELECT groupUniqArrayArray(1000)(mapKeys(resource)) AS keys FROM resources
)
