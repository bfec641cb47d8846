-- Invocations that went on without what failed, by function: how many were answered by a fallback, how many put calls aside
-- and since when, how often circuit breakers opened, and when one closed last.
SELECT function, countIf(degraded) AS fallbacks, countIf(buffered) AS put_aside,
    toUnixTimestamp64Nano(minIf(start, buffered)) AS first_put_aside_ns, sum(opened) AS breakers,
    toUnixTimestamp64Nano(max(last_opened)) AS last_opened_ns, toUnixTimestamp64Nano(max(last_closed)) AS last_closed_ns
FROM (
    SELECT function, start, lower(attributes['mendline.degraded']) NOT IN ('', '0', 'false') AS degraded,
        lower(attributes['mendline.buffered']) NOT IN ('', '0', 'false') AS buffered,
        arrayFilter(it -> it.name = 'mendline.breaker', events) AS turns,
        arrayCount(it -> it.attributes['mendline.breaker.state'] = 'open', turns) AS opened,
        arrayMax(arrayMap(it -> if(it.attributes['mendline.breaker.state'] = 'open', it.time, toDateTime64(0, 9)),
            turns)) AS last_opened,
        arrayMax(arrayMap(it -> if(it.attributes['mendline.breaker.state'] = 'closed', it.time, toDateTime64(0, 9)),
            turns)) AS last_closed
    FROM spans
    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND function != ''
)
WHERE degraded OR buffered OR notEmpty(turns)
GROUP BY function
ORDER BY put_aside + fallbacks + breakers DESC, function
LIMIT 100
