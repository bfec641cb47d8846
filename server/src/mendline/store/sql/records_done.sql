-- What functions did with the records of batches that they answered to be done: how many, and how often they called what.
SELECT function, trigger, source, sum(size) AS records, max(size) AS largest, sumMap(of, calls) AS called
FROM (
    SELECT function, attributes['mendline.trigger'] AS trigger, attributes['mendline.trigger.source'] AS source,
        attributes['mendline.records'] AS told, JSONExtractUInt(told, 'size') AS size,
        JSONExtractArrayRaw(attributes['mendline.operations']) AS rows,
        arrayMap(row -> concat(JSONExtractString(row, 1), '/', JSONExtractString(row, 2), ' ', JSONExtractString(row, 3)), rows)
            AS of,
        arrayMap(row -> JSONExtractUInt(row, 4), rows) AS calls
    FROM spans
    WHERE function IN {functions:Array(String)} AND status != 2
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
)
WHERE size > 0 AND JSONLength(told, 'failed') = 0
GROUP BY function, trigger, source
LIMIT 5000
