-- Keys of the attributes that the spans of the last day (where there are many, about the newest 500,000), the newest log
-- records and points, and all resources, have.
SELECT groupUniqArrayArray(5000)(keys) AS keys
FROM (
    SELECT groupUniqArrayArray(2000)(attributes.keys) AS keys
    FROM spans
    WHERE start > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY AND start >= (
        SELECT min(minute)
        FROM (
            SELECT minute, sum(sum(calls)) OVER (ORDER BY minute DESC) AS newer
            FROM resource_minutes
            WHERE minute > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY
            GROUP BY minute
        )
        WHERE newer <= 500000)
    UNION ALL
    SELECT groupUniqArrayArray(1000)(mapKeys(attributes)) AS keys
    FROM (SELECT attributes FROM logs WHERE time > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY ORDER BY time DESC LIMIT 50000)
    UNION ALL
    SELECT groupUniqArrayArray(1000)(mapKeys(attributes)) AS keys
    FROM (SELECT attributes FROM metrics WHERE time > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY LIMIT 50000)
    UNION ALL
    SELECT groupUniqArrayArray(1000)(mapKeys(resource)) AS keys FROM resources
)
