-- The newest configuration of some functions and queues, or of all, as the AWS readers told it since {start_ns}.
SELECT
    told.account AS account, told.region AS region, told.type AS type, told.name AS name, argMax(logs.body, time) AS body,
    toUnixTimestamp64Nano(max(time)) AS time_ns
FROM logs
INNER JOIN (
    SELECT resource_id, resource['cloud.account.id'] AS account, resource['cloud.region'] AS region,
        if(resource['faas.name'] != '', 'lambda', resource['mendline.resource.type']) AS type,
        if(type = 'lambda', resource['faas.name'], resource['mendline.resource.name']) AS name
    FROM resources
    WHERE type = 'lambda' AND ({all:Bool} OR name IN {functions:Array(String)})
        OR type = 'sqs' AND ({all:Bool} OR name IN {queues:Array(String)})
) AS told ON logs.resource_id = told.resource_id
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64})
    AND ({all:Bool} OR service IN {functions:Array(String)} OR service = '')
    AND event_name IN ('mendline.configuration', 'mendline.configuration.changed')
    AND scope_name = 'mendline.aws'
GROUP BY account, region, type, name
LIMIT 10000
