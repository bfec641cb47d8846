-- The values that fields of few values had in the last day, the most frequent first; a field with one more than
-- {most} has too many.
SELECT name, value, sum(times) AS times
FROM (
    SELECT 'function' AS name, toString(function) AS value, toInt64(sum(invocations)) AS times FROM function_minutes
    WHERE minute > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY GROUP BY value
    UNION ALL
    SELECT 'account', toString(account) AS value, toInt64(sum(invocations)) FROM function_minutes
    WHERE minute > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY GROUP BY value
    UNION ALL
    SELECT 'region', toString(region) AS value, toInt64(sum(invocations)) FROM function_minutes
    WHERE minute > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY GROUP BY value
    UNION ALL
    SELECT pair.1, pair.2, toInt64(sum(times))
    FROM (
        SELECT arrayJoin([('version', toString(version)), ('trigger', toString(trigger)),
            ('trigger.source', toString(trigger_source))]) AS pair, count() AS times
        FROM invocations WHERE start > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY GROUP BY version, trigger, trigger_source
    )
    GROUP BY pair
    UNION ALL
    SELECT pair.1, pair.2, toInt64(sum(times))
    FROM (
        SELECT arrayJoin([('resource.type', toString(resource_type)), ('resource.name', toString(resource_name)),
            ('resource.operation', toString(operation))]) AS pair, sum(calls) AS times
        FROM resource_minutes WHERE minute > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY GROUP BY resource_type, resource_name, operation
    )
    GROUP BY pair
    UNION ALL
    SELECT 'error.type', toString(type) AS value, toInt64(count()) FROM errors
    WHERE time > fromUnixTimestamp64Nano({now_ns:Int64}) - INTERVAL 1 DAY GROUP BY value
    UNION ALL
    SELECT 'name', toString(name) AS value, toInt64(1) FROM metric_names GROUP BY value
)
WHERE value != ''
GROUP BY name, value
ORDER BY name, times DESC, value
LIMIT {most:UInt32} + 1 BY name
