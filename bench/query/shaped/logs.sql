-- Two records of each invocation; those of what failed tell of it.
INSERT INTO logs (time, observed, trace_id, span_id, severity_number, severity_text, body, service, function, instance,
    request_id, resource_id, scope_name, attributes)
SELECT
    fromUnixTimestamp64Nano(start_ns + part * intDiv(duration_ns, 2)) AS time, time, trace_id, span_id,
    if(error AND part = 1, 17, 9) AS severity_number, if(error AND part = 1, 'ERROR', 'INFO') AS severity_text,
    if(error AND part = 1,
        concat(error_type, ': card declined for order ', toString(h % 1000000), ' of user ', toString(user)),
        concat(['received', 'handled'][part + 1], ' order ', toString(h % 1000000), ' of user ', toString(user), ', ',
            ['visa', 'giro', 'invoice', 'voucher', 'mastercard'][bitShiftRight(h, 4) % 5 + 1], ' in ',
            ['Berlin', 'Lima', 'Oslo', 'Lyon', 'Porto', 'Turin'][bitShiftRight(h, 7) % 6 + 1], ', basket ',
            lower(hex(reinterpretAsFixedString(h))))) AS body,
    function AS service, function, concat('i-', toString(bitShiftRight(h, 16) % 40)), request_id, resource_id, 'shop',
    map('faas.invocation_id', request_id, 'code.function.name', 'handler')
FROM ({INVOKED})
ARRAY JOIN range(2) AS part
