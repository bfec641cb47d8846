-- What started each trace that has a span in the range (or a minute before or after it): method and route, else the name
-- of its first span. Looked at are spans without a parent, and of traces that have none near the range all.
SELECT trace_id, argMin(if(kind = 2 AND attributes['http.request.method'] != '',
    concat(attributes['http.request.method'], ' ',
        if(attributes['http.route'] != '', attributes['http.route'], attributes['url.path'])),
    name), (parent_id != toFixedString('', 8), start, span_id)) AS entry
FROM spans
PREWHERE parent_id = toFixedString('', 8) OR trace_id IN (
    SELECT trace_id FROM spans
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 MINUTE
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 MINUTE
        AND trace_id NOT IN (
            SELECT trace_id FROM spans WHERE parent_id = toFixedString('', 8) AND {PART(spans_near)}))
WHERE {PART(spans_near)}
GROUP BY trace_id
