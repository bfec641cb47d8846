-- What the AWS readers told of each thing since {start_ns}, oldest first: how it was configured, and what changed.
SELECT told.account AS account, told.region AS region, told.type AS type, told.name AS name,
    arraySort(groupArray(100)((toUnixTimestamp64Nano(logs.time), logs.event_name = 'mendline.configuration.changed', logs.body))) AS told_of_it
FROM (
    SELECT time, event_name, body, resource_id FROM logs
    WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
        AND event_name IN ('mendline.configuration', 'mendline.configuration.changed') AND scope_name = 'mendline.aws'
    ORDER BY time DESC
    LIMIT 100 BY resource_id, event_name
) AS logs
SEMI LEFT JOIN (
    SELECT resource_id, resource['cloud.account.id'] AS account, resource['cloud.region'] AS region,
        if(resource['faas.name'] != '', 'lambda', resource['mendline.resource.type']) AS type,
        if(type = 'lambda', resource['faas.name'], resource['mendline.resource.name']) AS name
    FROM resources
    WHERE type != ''
) AS told ON logs.resource_id = told.resource_id
GROUP BY account, region, type, name
ORDER BY type, name, account, region
LIMIT 20000
