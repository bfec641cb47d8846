-- By function and by what invokes it: what its good executions called, as their summaries tell (mendline.operations), in
-- the range and as long before; and the events of the range at which every execution failed, with what these called.
-- An event is a message, else a request. Payloads are told by a hash.
WITH rows AS (
    SELECT function, attributes['mendline.trigger'] AS trigger, attributes['mendline.trigger.source'] AS source,
        start >= fromUnixTimestamp64Nano({start_ns:Int64}) AS now, status = 2 OR unfinished AS failed, start, trace_id,
        if(attributes['faas.invocation_id'] != '', attributes['faas.invocation_id'], lower(hex(span_id))) AS request,
        JSONExtract(attributes['mendline.links.in'], 'Array(String)') AS links_in,
        if(empty(links_in), [request], links_in) AS events,
        arrayDistinct(arrayMap(call -> concat(call.1, '/', call.2), arrayFilter(call -> call.4 > call.5,
            {PART(unsent_calls)}))) AS called,
        if(attributes['error.type'] != '', attributes['error.type'], status_message) AS error_type,
        attributes['mendline.request'] AS payload
    FROM spans
    WHERE function != '' AND (attributes['mendline.operations'] != '' OR status = 2 OR unfinished)
        AND start >= fromUnixTimestamp64Nano({before_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({before_ns:Int64}) - INTERVAL 1 HOUR
            AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
)
SELECT function, trigger, source, sum(well) AS good, sumMap(calls_of) AS called_well,
    arraySort(e -> e.2, groupArrayIf({most:UInt32})((event, toUnixTimestamp64Nano(first), lower(hex(trace)), request, tries, did_call, error, payload_hash),
        stranded)) AS failing, countIf(stranded) AS failed_events
FROM (
    SELECT function, trigger, source, '' AS event, min(start) AS first, any(trace_id) AS trace, '' AS request, 0 AS tries,
        CAST([], 'Array(String)') AS did_call, '' AS error, '' AS payload_hash, false AS stranded, count() AS well,
        sumMap(CAST((called, arrayMap(c -> 1, called)), 'Map(String, UInt64)')) AS calls_of
    FROM rows WHERE NOT failed GROUP BY function, trigger, source
    UNION ALL
    SELECT function, any(trigger) AS trigger, any(source) AS source, event, min(start) AS first, argMin(trace_id, start) AS trace,
        argMax(request, start) AS request, uniqExact(start) AS tries, arrayDistinct(arrayFlatten(groupArray(called))) AS did_call,
        argMax(error_type, start) AS error, if(any(payload) = '', '', lower(hex(cityHash64(any(payload))))) AS payload_hash,
        true AS stranded, 0 AS well, CAST(map(), 'Map(String, UInt64)') AS calls_of
    FROM (SELECT *, arrayJoin(events) AS event FROM rows WHERE now)
    GROUP BY function, event
    HAVING min(failed)
)
GROUP BY function, trigger, source
HAVING failed_events > 0 AND good > 0
ORDER BY function, trigger, source
LIMIT 1000
