-- How often calls to what some services call made a connection of their own, and how long that took.
SELECT resource_type AS type, resource_name AS name, operation, count() AS calls,
    countIf(attributes['mendline.connection'] = 'new') AS made,
    sumIf(toFloat64OrZero(attributes['mendline.dns_ms']) + toFloat64OrZero(attributes['mendline.connect_ms'])
        + toFloat64OrZero(attributes['mendline.tls_ms']), attributes['mendline.connection'] = 'new') AS making_ms
FROM spans
WHERE service IN {services:Array(String)} AND resource_type != ''
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY type, name, operation
HAVING countIf(attributes['mendline.connection'] != '') > 0
LIMIT 5000
