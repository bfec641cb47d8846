-- operations attr("aws.request_id") in (a, b)
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = ['a', 'b']
-- v3 = 'aws.request_id'
-- limit = 100
-- offset = 0
-- from raw
SELECT toUnixTimestamp64Nano(r.start) AS `time`, r.service AS `service`, trimRight(concat(r.resource_type, ' ', r.resource_name, ' ', r.operation)) AS `resource`, r.duration_ns AS `duration`, r.status = 2 AS `error`, if(r.status != 2, '', multiIf(r.attributes['error.type'] != '', r.attributes['error.type'], arrayFirst(e -> e.name = 'exception', r.events).attributes['exception.type'])) AS `error.type`, if(r.trace_id = toFixedString('', 16), '', lower(hex(r.trace_id))) AS `trace_id`, if(r.span_id = toFixedString('', 8), '', lower(hex(r.span_id))) AS `span_id`
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
 AND (has({v2:Array(String)}, attributes[{v3:String}]) OR startsWith(attributes[{v3:String}], '["') OR resource_id IN (SELECT resource_id FROM resources WHERE has({v2:Array(String)}, resource[{v3:String}]) OR startsWith(resource[{v3:String}], '["')))) AS r ANY LEFT JOIN (SELECT resource_id, q.resource[{v3:String}] AS `v0` FROM resources AS q) AS q ON r.resource_id = q.resource_id
WHERE (has({v2:Array(String)}, toString(multiIf(r.attributes[{v3:String}] != '', r.attributes[{v3:String}], q.`v0`))) OR (startsWith(multiIf(r.attributes[{v3:String}] != '', r.attributes[{v3:String}], q.`v0`), '["') AND arrayExists(item -> has({v2:Array(String)}, toString(item)), JSONExtract(multiIf(r.attributes[{v3:String}] != '', r.attributes[{v3:String}], q.`v0`), 'Array(String)'))))
ORDER BY r.start DESC NULLS LAST, toUnixTimestamp64Nano(r.start) DESC, r.trace_id, r.span_id
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
