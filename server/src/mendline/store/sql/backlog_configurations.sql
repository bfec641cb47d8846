-- The newest configuration of queues and streams, as the AWS readers told it since {start_ns}.
SELECT told.type AS type, told.name AS name, argMax(logs.body, time) AS body
FROM logs
SEMI LEFT JOIN (
    SELECT resource_id, resource['mendline.resource.type'] AS type, resource['mendline.resource.name'] AS name
    FROM resources
    WHERE type IN ('sqs', 'kinesis')
) AS told ON logs.resource_id = told.resource_id
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND event_name = 'mendline.configuration' AND scope_name = 'mendline.aws'
GROUP BY type, name
LIMIT 10000
