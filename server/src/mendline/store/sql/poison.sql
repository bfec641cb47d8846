-- Records that no execution of the range could process, from two tries on: by function and what they came from, how often
-- each was tried, how often it was named as the one that failed, and the newest try. Records that only failed together
-- with others stand behind those that are named. `by_calls` counts tries in which a call to something failed.
SELECT function, trigger, source, record, tries, named, by_calls, first_ns, last_ns, requests, error, message, trace, span, together
FROM (
    SELECT function, trigger, source, record, uniqExactIf(start, failed) AS tries, uniqExactIf(start, is_named AND failed) AS named,
        uniqExactIf(start, failed AND call_failed) AS by_calls, maxIf(size, failed) AS together,
        toUnixTimestamp64Nano(minIf(start, failed)) AS first_ns, toUnixTimestamp64Nano(maxIf(start, failed)) AS last_ns,
        groupUniqArrayIf(200)(request, failed) AS requests, argMaxIf(error_type, start, failed) AS error,
        argMaxIf(status_message, start, failed) AS message,
        lower(hex(argMaxIf(trace_id, start, failed))) AS trace, lower(hex(argMaxIf(span_id, start, failed))) AS span,
        countIf(NOT failed) AS processed
    FROM (
        SELECT function, attributes['mendline.trigger'] AS trigger, attributes['mendline.trigger.source'] AS source, start,
            trace_id, span_id, status_message,
            if(attributes['error.type'] != '', attributes['error.type'], arrayFirst(e -> e.name = 'exception', events).attributes['exception.type'])
                AS error_type,
            attributes['faas.invocation_id'] AS request, attributes['mendline.records'] AS told,
            JSONExtract(attributes['mendline.links.in'], 'Array(String)') AS links_in, length(links_in) AS size,
            JSONExtract(told, 'failed', 'Array(String)') AS failed_ids,
            if(JSONExtractString(told, 'failing') != '', JSONExtractString(told, 'failing'), JSONExtractString(told, 'at')) AS one,
            arrayExists(call -> call.5 > 0, {PART(unsent_calls)}) AS call_failed,
            arrayJoin(links_in) AS link,
            replaceRegexpOne(link, '^[a-z0-9]+:', '') AS record,
            size = 1 OR (one != '' AND endsWith(record, one)) AS is_named,
            status = 2 OR unfinished OR arrayExists(id -> endsWith(record, id), failed_ids) AS failed
        FROM spans
        WHERE function != '' AND attributes['mendline.links.in'] != ''
            AND attributes['mendline.trigger'] IN ('sqs', 'kinesis', 'dynamodb')
            AND NOT (startsWith(link, 'dynamodb:') AND position(link, '@') > 0) -- what a writer knows it by, beside its id
            AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
                AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
    )
    GROUP BY function, trigger, source, record
    HAVING tries > 1 AND processed = 0
)
ORDER BY named DESC, tries DESC, last_ns DESC, record
LIMIT {most:UInt32} BY function, trigger, source
LIMIT 2000
