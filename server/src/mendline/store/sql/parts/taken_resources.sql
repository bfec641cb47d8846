-- Resources of which messages were taken near the range: a span below the one that sent it.
SELECT DISTINCT concat(sent.resource_type, ' ', sent.resource_name) AS taken
FROM (SELECT span_id, resource_type, resource_name FROM spans WHERE kind = 4
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR) AS sent
WHERE sent.span_id IN (
    SELECT parent_id FROM spans
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    UNION ALL
    SELECT arrayJoin(links.span_id) FROM spans
    WHERE notEmpty(links) AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
