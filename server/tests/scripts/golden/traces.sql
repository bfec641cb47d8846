-- traces entry:"POST /orders" duration > 1s
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 'POST /orders'
-- v3 = 1000000000
-- limit = 100
-- offset = 0
-- from raw
SELECT toUnixTimestamp64Nano(r.`time`) AS `time`, r.`entry` AS `entry`, r.`duration` AS `duration`, r.`error` AS `error`, r.`spans` AS `spans`, r.`errors` AS `errors`, r.`functions` AS `functions`, r.`trace_id` AS `trace_id`
FROM (SELECT trace AS id, min(start) AS began, max(toUnixTimestamp64Nano(start) + toInt64(duration_ns)) - toUnixTimestamp64Nano(min(start)) AS `duration`, argMin(entry_name, (parent != toFixedString('', 8), start, span_id)) AS `entry`, countIf(status = 2) > 0 AS `error`, countIf(status = 2) AS `errors`, uniqExactIf(w.function, w.function != '') AS `functions`, count() AS `spans`, min(start) AS `time`, lower(hex(trace)) AS `trace_id` FROM (-- Spans near the range by the trace that they belong to: their own, and of a batch consumer also that of each producer,
-- below the span that sent the message. A trace that only such members make up is not told twice.
SELECT trace_id AS trace, span_id, parent_id AS parent, name, kind, start, duration_ns, status, status_message, service,
    function, resource_type, resource_name, operation, error_kind, attributes, events, resource_id,
    if(kind = 2 AND attributes['http.request.method'] != '',
        concat(attributes['http.request.method'], ' ',
            if(attributes['http.route'] != '', attributes['http.route'], attributes['url.path'])), name) AS entry_name
FROM spans
WHERE -- Spans that began in the range, or an hour before or after it. (A hint of their hours is for the primary key alone.)
start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 2 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)

    AND -- The condition of spans that count: where none near the range was told before it had ended, as is usual, nothing more
-- is looked at.
((
    SELECT count() = 0 FROM spans
    WHERE unfinished AND indexHint(start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
) OR (start, duration_ns) NOT IN (
-- When spans near the range began, and how long they had lasted, that were told before they had ended and again when they
-- had: as they were told first, they count no more. (Few are; so these are looked for by columns that every read has.)
SELECT start, duration_ns FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND unfinished
    AND (trace_id, span_id) IN (
        SELECT trace_id, span_id FROM spans
        WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND NOT unfinished
            AND trace_id IN (
                SELECT trace_id FROM spans
                WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND unfinished))

))

UNION ALL
SELECT m.trace_id AS trace, t.span_id,
    if(t.span_id = m.member_span_id, toFixedString(arrayFirst(l -> l.trace_id = m.trace_id, t.links).span_id, 8), t.parent_id)
        AS parent,
    t.name, t.kind, t.start, t.duration_ns, t.status, t.status_message, t.service, t.function, t.resource_type,
    t.resource_name, t.operation, t.error_kind, t.attributes, t.events,
    t.resource_id, t.name AS entry_name
FROM spans AS t
INNER JOIN (
    SELECT DISTINCT trace_id, member_trace_id, member_span_id FROM trace_members
    WHERE trace_id != member_trace_id
        AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
) AS m ON t.trace_id = m.member_trace_id
WHERE t.start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND t.start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND (t.start, t.duration_ns) NOT IN (-- When spans near the range began, and how long they had lasted, that were told before they had ended and again when they
-- had: as they were told first, they count no more. (Few are; so these are looked for by columns that every read has.)
SELECT start, duration_ns FROM spans
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND unfinished
    AND (trace_id, span_id) IN (
        SELECT trace_id, span_id FROM spans
        WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND NOT unfinished
            AND trace_id IN (
                SELECT trace_id FROM spans
                WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR AND unfinished))
)
) AS w GROUP BY trace HAVING began >= fromUnixTimestamp64Nano({start_ns:Int64}) AND began < fromUnixTimestamp64Nano({end_ns:Int64})) AS r
WHERE ((r.`entry` = {v2:String}) AND ifNull(r.`duration` > {v3:Int64}, 0))
ORDER BY r.`time` DESC NULLS LAST, toUnixTimestamp64Nano(r.`time`) DESC, r.id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
