-- Of the messages that functions took in the range: how many failed twice or more, and each time, and with which error.
SELECT function, trigger, source, count() AS messages, countIf(failed > 1 AND failed = tried) AS poison,
    sumIf(failed, failed > 1 AND failed = tried) AS tries, maxIf(failed, failed = tried) AS most_tries,
    anyIf(type, failed > 1 AND failed = tried) AS error
FROM (
    SELECT function, trigger, source, link, count() AS tried, countIf(bad) AS failed, anyIf(error, bad) AS type
    FROM (
        SELECT function, attributes['mendline.trigger'] AS trigger, attributes['mendline.trigger.source'] AS source,
            attributes['error.type'] AS error,
            JSONExtract(attributes['mendline.records'], 'failed', 'Array(String)') AS ids,
            arrayJoin(JSONExtract(attributes['mendline.links.in'], 'Array(String)')) AS link,
            status = 2 OR arrayExists(id -> endsWith(link, id), ids) AS bad
        FROM spans
        WHERE function IN {functions:Array(String)}
            AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    )
    GROUP BY function, trigger, source, link
)
GROUP BY function, trigger, source
LIMIT 5000
