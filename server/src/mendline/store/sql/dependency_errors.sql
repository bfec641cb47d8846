-- The kinds of errors of calls in the range, the five most frequent of each resource.
SELECT resource_type AS type, resource_name AS name, error_kind AS kind, count() AS errors
FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND status = 2 AND resource_type != ''
    AND (NOT {only:Bool} OR (resource_type, resource_name) = ({type:String}, {name:String}))
GROUP BY resource_type, resource_name, error_kind
ORDER BY errors DESC, type, name, kind
LIMIT 5 BY type, name
LIMIT 10000
