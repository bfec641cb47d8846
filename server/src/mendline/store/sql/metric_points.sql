-- Points of one metric, newest first.
SELECT
    name, toString(kind) AS kind, service, toUnixTimestamp64Nano(time) AS time_ns, attributes,
    value, integer, is_integer, count, sum AS total, min AS least, max AS largest, bounds, counts,
    arrayMap(q -> (q.quantile, q.value), quantiles) AS quantiles, temporality, monotonic
FROM metrics
WHERE name = {name:String}
    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND ({service:String} = '' OR service = {service:String})
ORDER BY time DESC, series
LIMIT {limit:UInt32}
