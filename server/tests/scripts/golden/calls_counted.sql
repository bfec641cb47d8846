-- operations error | count(), p95(duration) by resource
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- from raw
SELECT trimRight(concat(r.resource_type, ' ', r.resource_name, ' ', r.operation)) AS k0, toUInt64(floor(sum(r.weight) + 0.5)) AS a0, quantileExactWeightedInterpolatedOrNull(0.95)(r.duration_ns, toUInt64(floor(r.sampled + 0.5))) AS a1
FROM (SELECT start, duration_ns, status, service, resource_id, resource_type, resource_name, operation, -- How many spans a span stands for, as OpenTelemetry's samplers write it in its trace state: by their threshold (th: 56 bits
-- in hex), or in their older way as a power of two (p; 63 is for none).
multiIf(
    trace_state = '', 1,
    match(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-5]?[0-9]|6[0-3])(?:[;,]|$)') AND NOT match(trace_state, '(?:^|,)ot=(?:[^,]*;)?th:'),
        if(extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-9]+)') = '63', 0,
            pow(2, toUInt8OrZero(extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-9]+)')))),
    72057594037927936 / (72057594037927936 - least(72057594037927935, reinterpretAsUInt64(reverse(unhex(leftPad(rightPad(
        extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})'), 14, '0'), 16, '0')))))))
 AS sampled, if(scope_name = 'mendline_agent', 1, sampled) AS weight FROM spans WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64})) AND resource_type != '' AND -- The condition of spans that count: where none near the range was told before it had ended, as is usual, nothing more
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
 UNION ALL -- Calls that only the summary of their invocation tells of, as rows that stand for as many: those that went well and those
-- that failed, each as long as all of them were in the mean. Percentiles are of the calls whose spans were sent.
SELECT start, toUInt64(least(call.6 / call.4, 1e9) * 1e6) AS duration_ns, state AS status, service, resource_id,
    call.1 AS resource_type, call.2 AS resource_name, call.3 AS operation, 0. AS sampled, toFloat64(calls) AS weight
FROM (
    SELECT start, service, resource_id, arrayJoin(-- The summary of an invocation, as its agent tells it (mendline.operations): type, name, operation of each resource that
-- was called, how many calls there were, how many failed, and how long they took in all and at most, in ms.
JSONExtract(attributes['mendline.operations'], 'Array(Tuple(String, String, String, UInt32, UInt32, Float64, Float64))')
) AS call
    FROM spans
    WHERE unsent AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
        AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
            AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
)
ARRAY JOIN [toUInt8(0), toUInt8(2)] AS state, [call.4 - least(call.5, call.4), least(call.5, call.4)] AS calls
WHERE calls > 0
) AS r
WHERE toBool(r.status = 2)
GROUP BY k0
LIMIT 50001
