-- Failures of resources (or of one) that needed nobody: calls of which a later try of the client or SDK succeeded, and
-- failed ones whose invocation was answered by a fallback, put the call aside, or had a circuit breaker open then.
WITH handled AS (
    SELECT trace_id, resource_id, lower(attributes['mendline.degraded']) NOT IN ('', '0', 'false') AS degraded,
        lower(attributes['mendline.buffered']) NOT IN ('', '0', 'false') AS buffered,
        arrayExists(it -> it.name = 'mendline.breaker' AND it.attributes['mendline.breaker.state'] = 'open', events) AS opened
    FROM spans
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND function != '' AND (degraded OR buffered OR opened)
)
SELECT resource_type AS type, resource_name AS name,
    countIf(status != 2) AS healed, uniqExactIf(s.trace_id, s.resource_id, status = 2 AND degraded) AS fallbacks,
    uniqExactIf(s.trace_id, s.resource_id, status = 2 AND buffered) AS put_aside,
    uniqExactIf(s.trace_id, s.resource_id, status = 2 AND opened) AS breakers
FROM spans AS s
ANY LEFT JOIN handled AS h ON s.trace_id = h.trace_id AND s.resource_id = h.resource_id
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND resource_type != '' AND (NOT {only:Bool} OR (resource_type, resource_name) = ({type:String}, {name:String}))
    AND (status = 2 OR toUInt32OrZero(attributes['mendline.retries']) > 0
        OR toUInt32OrZero(attributes['http.request.resend_count']) > 0)
GROUP BY type, name
HAVING healed OR fallbacks OR put_aside OR breakers
ORDER BY healed + fallbacks + put_aside + breakers DESC, type, name
LIMIT 100
