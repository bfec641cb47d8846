-- How many spans a span stands for, by the threshold of OpenTelemetry's sampling in its trace state (th: 56 bits in hex).
if(trace_state = '', 1, 72057594037927936 / (72057594037927936 - least(72057594037927935,
    reinterpretAsUInt64(reverse(unhex(leftPad(rightPad(extract(trace_state, '(?:^|,)ot=(?:[^,]*;)?th:([0-9a-f]{1,14})'), 14, '0'), 16, '0')))))))
