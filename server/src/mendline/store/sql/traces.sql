-- These traces, of what of them lies in the range; newest or longest first. The entry of one is its span without a
-- parent, else the earliest, named by method and route where it is HTTP.
SELECT
    lower(hex(trace_id)) AS id,
    toUnixTimestamp64Nano(min(start)) AS start_ns,
    max(toUnixTimestamp64Nano(start) + duration_ns) - start_ns AS total_ns,
    argMin(if(kind = 2 AND attributes['http.request.method'] != '',
        concat(attributes['http.request.method'], ' ',
            if(attributes['http.route'] != '', attributes['http.route'], attributes['url.path'])),
        name), (parent_id != toFixedString('', 8), start)) AS entry,
    argMin(service, (parent_id != toFixedString('', 8), start)) AS entry_service,
    uniqExact(service) AS services, uniqExact(span_id, kind, name, start, duration_ns) AS spans,
    -- tries that failed before one that succeeded are none, as on the page of the trace (insight/call_retries.py)
    sumMapIf([call], [1], status = 2 AND kind IN (3, 4)) AS failed,
    sumMapIf([call], [resent], status != 2 AND kind IN (3, 4) AND resent > 0) AS mended,
    countIf(status = 2) - arraySum((tried, n) -> least(n, mended.2[indexOf(mended.1, tried)]), failed.1, failed.2) AS errors
FROM (SELECT *, {PART(which_call)} FROM spans)
WHERE trace_id IN {PART(ids_of_traces)} AND toStartOfHour(start) IN {PART(hours_of_traces)}
    AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND {PART(told_once)}
GROUP BY trace_id
ORDER BY if({slowest:Bool}, total_ns, 0) DESC, start_ns DESC, id
