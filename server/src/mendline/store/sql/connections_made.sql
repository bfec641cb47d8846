-- How often calls of some services to operations that have these types and names made a connection of their own, and how long that took.
SELECT resource_type AS type, resource_name AS name, operation, count() AS calls,
    countIf(attributes['mendline.connection'] = 'new') AS made,
    countIf(attributes['mendline.connection'] != '') AS told
FROM spans
WHERE service IN {services:Array(String)}
    AND resource_type IN {types:Array(String)} AND resource_name IN {names:Array(String)}
    AND operation IN {operations:Array(String)}
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY type, name, operation
HAVING told > 0
LIMIT 5000
