-- Changes in the range: of configurations, as the AWS readers told of them, and versions of functions (of some of them,
-- where these are named) that were first invoked after another version (within the week before the range, or in it). The
-- week is read only of functions of which a version shows in the range that did not on the day before.
SELECT told.account AS account, told.region AS region, told.type AS type, told.name AS name,
    attributes['mendline.change.kind'] AS kind, '' AS version,
    attributes['mendline.change.before'] AS before, attributes['mendline.change.after'] AS after,
    toUnixTimestamp64Nano(time) AS time_ns
FROM logs
SEMI LEFT JOIN (
    SELECT resource_id, resource['cloud.account.id'] AS account, resource['cloud.region'] AS region,
        if(resource['faas.name'] != '', 'lambda', resource['mendline.resource.type']) AS type,
        if(type = 'lambda', resource['faas.name'], resource['mendline.resource.name']) AS name
    FROM resources
) AS told ON logs.resource_id = told.resource_id
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND event_name = 'mendline.configuration.changed' AND scope_name = 'mendline.aws'
UNION ALL
SELECT account, region, 'lambda' AS type, function AS name, 'version' AS kind, version, '' AS before, '' AS after,
    toUnixTimestamp64Nano(first) AS time_ns
FROM (
    SELECT account, region, function, version, min(start) AS first,
        min(first) OVER (PARTITION BY account, region, function) AS earliest
    FROM invocations
    WHERE version != '' AND (empty({functions:Array(String)}) OR function IN {functions:Array(String)})
        AND (account, region, function) IN (
            SELECT account, region, function FROM invocations
            WHERE version != '' AND (empty({functions:Array(String)}) OR function IN {functions:Array(String)})
                AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 DAY
                AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            GROUP BY account, region, function, version
            HAVING min(start) >= fromUnixTimestamp64Nano({start_ns:Int64}))
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 7 DAY AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    GROUP BY account, region, function, version
)
WHERE first > earliest AND first >= fromUnixTimestamp64Nano({start_ns:Int64})
