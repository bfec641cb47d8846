-- Of messages that were put into queues, topics and streams of these names in the range, and whose links tell of it on the
-- call: how many no consumer took. Those of the last {grace_ns} may still be on their way.
SELECT resource_type AS type, resource_name AS name, groupUniqArray(service) AS producers, count() AS sent,
    countIf(link NOT IN (
        SELECT arrayJoin(JSONExtract(attributes['mendline.links.in'], 'Array(String)')) FROM spans
        WHERE function != '' AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
            AND start < fromUnixTimestamp64Nano({end_ns:Int64}))) AS lost
FROM (
    SELECT resource_type, resource_name, service,
        arrayJoin(JSONExtract(attributes['mendline.links.out'], 'Array(String)')) AS link
    FROM spans
    WHERE resource_type IN ('sqs', 'sns', 'kinesis', 'events') AND resource_name IN {names:Array(String)} AND status != 2
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
        AND start < fromUnixTimestamp64Nano({end_ns:Int64} - {grace_ns:Int64})
)
GROUP BY type, name
LIMIT 5000
