-- operations resource.host:api.stripe.com | p95(duration), count() by resource
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 'api.stripe.com'
-- from raw
SELECT trimRight(concat(r.resource_type, ' ', r.resource_name, ' ', r.operation)) AS k0, quantileExactWeightedInterpolatedOrNull(0.95)(r.duration_ns, toUInt64(floor(r.weight + 0.5))) AS a0, toUInt64(floor(sum(r.weight) + 0.5)) AS a1
FROM (SELECT *, -- How many spans a span stands for, as OpenTelemetry's samplers write it in its trace state: by their threshold (th: 56 bits
-- in hex), or in their older way as a power of two (p; 63 is for none).
multiIf(
    trace_state = '', 1,
    match(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-5]?[0-9]|6[0-3])(?:[;,]|$)') AND NOT match(trace_state, '(?:^|,)ot=(?:[^,]*;)?th:'),
        if(extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-9]+)') = '63', 0,
            pow(2, toUInt8OrZero(extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-9]+)')))),
    72057594037927936 / (72057594037927936 - least(72057594037927935, reinterpretAsUInt64(reverse(unhex(leftPad(rightPad(
        extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})'), 14, '0'), 16, '0')))))))
 AS weight FROM spans WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64})) AND resource_type != '' AND -- The condition of spans that count: where none near the range was told before it had ended, as is usual, nothing more
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
) AS r
WHERE (multiIf(r.attributes['server.address'] != '', r.attributes['server.address'], r.attributes['net.peer.name'] != '', r.attributes['net.peer.name'], r.attributes['http.host']) = {v2:String})
GROUP BY k0
LIMIT 50001
