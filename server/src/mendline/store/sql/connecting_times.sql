-- How long making connections took in all, of calls of some services to some operations.
SELECT resource_type AS type, resource_name AS name, operation,
    sum(toFloat64OrZero(attributes['mendline.dns_ms']) + toFloat64OrZero(attributes['mendline.connect_ms'])
        + toFloat64OrZero(attributes['mendline.tls_ms'])) AS making_ms
FROM spans
WHERE service IN {services:Array(String)} AND attributes['mendline.connection'] = 'new'
    AND resource_type IN {types:Array(String)} AND resource_name IN {names:Array(String)}
    AND operation IN {operations:Array(String)}
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY type, name, operation
LIMIT 5000
