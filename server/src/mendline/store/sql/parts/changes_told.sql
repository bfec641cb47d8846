-- Changes in the range: of configurations, as the AWS readers told of them, and versions of functions (of some of them,
-- where these are named) that were first invoked after another version (on the seven days (UTC) before that of the range,
-- or later).
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
    SELECT account, region, function, version, min(seen.first) AS first,
        min(first) OVER (PARTITION BY account, region, function) AS earliest
    FROM function_versions AS seen
    WHERE (empty({functions:Array(String)}) OR function IN {functions:Array(String)})
        AND day >= toDate(fromUnixTimestamp64Nano({start_ns:Int64})) - 7
        AND seen.first < fromUnixTimestamp64Nano({end_ns:Int64})
    GROUP BY account, region, function, version
)
WHERE first > earliest AND first >= fromUnixTimestamp64Nano({start_ns:Int64})
