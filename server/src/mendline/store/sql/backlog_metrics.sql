-- What the metrics of queues, streams and their consumers tell: of each series its newest and largest value, a trend of
-- largest values in {slices} slices, and of the last 30 minutes of the range points, sum, first, last and slope a second.
SELECT metrics.name AS metric, attributes['queue'] AS queue, attributes['stream'] AS stream, attributes['function'] AS function,
    argMax(v, time) AS last, max(v) AS most, toUnixTimestamp64Nano(max(time)) AS last_ns,
    countIf(recent) AS points, sumIf(v, recent) AS total,
    toUnixTimestamp64Nano(minIf(time, recent)) AS recent_first_ns, toUnixTimestamp64Nano(maxIf(time, recent)) AS recent_last_ns,
    -- small numbers, or a regression loses its digits
    tupleElement(simpleLinearRegressionIf((toUnixTimestamp64Milli(time) - intDiv({end_ns:Int64}, 1000000)) / 1000, v, recent), 1)
        AS slope,
    arraySort(groupArrayIf(200)(((toUnixTimestamp64Milli(time) - intDiv({end_ns:Int64}, 1000000)) / 1000, v), recent)) AS recent_values,
    maxMap(map(toUInt16(intDiv((toUnixTimestamp64Nano(time) - {start_ns:Int64}) * {slices:Int64},
        {end_ns:Int64} - {start_ns:Int64})), v)) AS trend
FROM (
    SELECT name, time, attributes, if(is_integer, toFloat64(integer), value) AS v,
        time >= fromUnixTimestamp64Nano({end_ns:Int64}) - INTERVAL 30 MINUTE AS recent
    FROM metrics
    WHERE name IN {names:Array(String)}
        AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
        AND isFinite(v)
) AS metrics
GROUP BY metric, queue, stream, function
ORDER BY metric, queue, stream, function
LIMIT 20000
