-- How many spans a span stands for, as OpenTelemetry's samplers write it in its trace state: by their threshold (th: 56 bits
-- in hex), or in their older way as a power of two (p; 63 is for none).
multiIf(
    trace_state = '', 1,
    match(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-5]?[0-9]|6[0-3])(?:[;,]|$)') AND NOT match(trace_state, '(?:^|,)ot=(?:[^,]*;)?th:'),
        if(extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-9]+)') = '63', 0,
            pow(2, toUInt8OrZero(extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?p:([0-9]+)')))),
    72057594037927936 / (72057594037927936 - least(72057594037927935, reinterpretAsUInt64(reverse(unhex(leftPad(rightPad(
        extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})'), 14, '0'), 16, '0')))))))
