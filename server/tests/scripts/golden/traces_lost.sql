-- traces lost | count() by entry
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- from raw
SELECT r.`entry` AS k0, count() AS a0
FROM (SELECT *, hasAny(sent_and_gone, (SELECT groupUniqArray(taken) FROM (-- Resources of which messages were taken near the range: a span below the one that sent it.
SELECT DISTINCT concat(sent.resource_type, ' ', sent.resource_name) AS taken
FROM (SELECT span_id, resource_type, resource_name FROM spans WHERE kind = 4
    AND -- Spans that began in the range, or an hour before or after it. (A hint of their hours is for the primary key alone.)
start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 2 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
) AS sent
WHERE sent.span_id IN (
    SELECT parent_id FROM spans
    WHERE -- Spans that began in the range, or an hour before or after it. (A hint of their hours is for the primary key alone.)
start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 2 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)

    UNION ALL
    SELECT arrayJoin(links.span_id) FROM spans
    WHERE notEmpty(links) AND -- Spans that began in the range, or an hour before or after it. (A hint of their hours is for the primary key alone.)
start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
    AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR
    AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 2 HOUR
        AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 1 HOUR)
)
))) AS `lost` FROM (SELECT trace AS id, min(start) AS began, argMin(entry_name, (parent != toFixedString('', 8), start, span_id)) AS `entry`, -- Resources of messages that a trace sent and that nothing took within 5 minutes.
arrayMap(sent -> sent.2, arrayFilter(sent -> NOT has(groupUniqArray(parent), sent.1),
    groupArrayIf(1000)((span_id, concat(resource_type, ' ', resource_name)), kind = 4 AND status != 2
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) - INTERVAL 5 MINUTE)))
 AS sent_and_gone FROM (-- Spans near the range by the trace that they belong to: their own, and of a batch consumer also that of each producer,
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
) AS w GROUP BY trace HAVING began >= fromUnixTimestamp64Nano({start_ns:Int64}) AND began < fromUnixTimestamp64Nano({end_ns:Int64}))) AS r
WHERE toBool(r.`lost`)
GROUP BY k0
LIMIT 50001
