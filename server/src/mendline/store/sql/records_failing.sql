-- Of each source of batches, the record that failed in most tries of the last 30 minutes of the range, from two on.
SELECT trigger, source, record, count() AS tries, toUnixTimestamp64Nano(max(start)) AS last_ns,
    lower(hex(argMax(trace_id, start))) AS trace, lower(hex(argMax(span_id, start))) AS span
FROM (
    SELECT start, trace_id, span_id, attributes['mendline.trigger'] AS trigger, attributes['mendline.trigger.source'] AS source,
        attributes['mendline.records'] AS told,
        if(JSONExtractString(told, 'failing') != '', JSONExtractString(told, 'failing'), JSONExtractString(told, 'at')) AS record
    FROM spans
    WHERE function != '' AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND start >= greatest(fromUnixTimestamp64Nano({start_ns:Int64}), fromUnixTimestamp64Nano({end_ns:Int64}) - INTERVAL 30 MINUTE)
)
WHERE record != ''
GROUP BY trigger, source, record
HAVING tries > 1
ORDER BY tries DESC, last_ns DESC, record
LIMIT 1 BY trigger, source
LIMIT 1000
