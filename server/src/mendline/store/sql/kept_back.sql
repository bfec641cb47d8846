-- Messages that could not be sent, and that the sender put aside (mendline.buffered) or did without (mendline.degraded).
SELECT resource_type AS type, resource_name AS name, countIf(is_buffered) AS buffered, countIf(NOT is_buffered) AS fallback,
    arraySort(groupUniqArray(50)(service)) AS senders
FROM (
    SELECT resource_type, resource_name, service, parent_id FROM spans
    WHERE function = '' AND kind = 4 AND resource_type != '' AND status = 2 AND NOT unfinished
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
) AS failed
INNER JOIN (
    SELECT span_id, attributes['mendline.buffered'] IN ('true', '1') AS is_buffered FROM spans
    WHERE function != '' AND (is_buffered OR attributes['mendline.degraded'] IN ('true', '1'))
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 16 MINUTE
        AND start < fromUnixTimestamp64Nano({end_ns:Int64})
) AS sender ON failed.parent_id = sender.span_id
GROUP BY type, name
LIMIT 1000
