-- Of each shard, how old the oldest record of the newest batch was when a function began with it, in the last 30 minutes
-- of the range; told by the function (the message ids that it took), so no metric by shard is needed.
SELECT source, shard, argMax(age_ms, start) AS age_ms, toUnixTimestamp64Nano(max(start)) AS last_ns
FROM (
    SELECT start, attributes['mendline.trigger.source'] AS source,
        extract(replaceAll(attributes['mendline.links.in'], '\\/', '/'), 'kinesis:[^/"]+/([^/":]+)/') AS shard,
        (toUnixTimestamp64Nano(start) - toInt64OrZero(attributes['mendline.trigger.sent_at'])) / 1000000 AS age_ms
    FROM spans
    WHERE function != '' AND attributes['mendline.trigger'] = 'kinesis' AND attributes['mendline.trigger.sent_at'] != ''
        AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND start >= greatest(fromUnixTimestamp64Nano({start_ns:Int64}), fromUnixTimestamp64Nano({end_ns:Int64}) - INTERVAL 30 MINUTE)
)
WHERE shard != ''
GROUP BY source, shard
ORDER BY source, shard
LIMIT 5000
