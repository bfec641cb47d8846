-- The runtime of each function, for invocations that no span tells of: what the newest resource with one tells, else the
-- newest configuration of the 30 days before the end of the range, as AWS told it.
SELECT account, region, function, argMax(told, (by_span, moment)) AS runtime
FROM (
    SELECT
        if(resource['cloud.account.id'] != '', resource['cloud.account.id'], splitByChar(':', resource['cloud.resource_id'])[5])
            AS account,
        if(resource['cloud.region'] != '', resource['cloud.region'], splitByChar(':', resource['cloud.resource_id'])[4])
            AS region,
        if(resource['faas.name'] != '', resource['faas.name'], resource['service.name']) AS function,
        trimRight(concat(replaceOne(resource['process.runtime.name'], 'cpython', 'python'), ' ',
            resource['process.runtime.version'])) AS told,
        true AS by_span, seen AS moment
    FROM resources
    WHERE resource['process.runtime.name'] != ''
    UNION ALL
    SELECT c.account, c.region, c.function, JSONExtractString(body, 'runtime') AS told, false AS by_span,
        toDateTime(time) AS moment
    FROM logs
    INNER JOIN (
        SELECT resource_id, resource['cloud.account.id'] AS account, resource['cloud.region'] AS region,
            resource['faas.name'] AS function
        FROM resources
        WHERE resource['faas.name'] != ''
    ) AS c ON logs.resource_id = c.resource_id
    WHERE time >= fromUnixTimestamp64Nano({end_ns:Int64}) - INTERVAL 30 DAY AND time < fromUnixTimestamp64Nano({end_ns:Int64})
        AND event_name IN ('mendline.configuration', 'mendline.configuration.changed') AND scope_name = 'mendline.aws'
        AND told != ''
)
GROUP BY account, region, function
