-- What failed: the invocation's own error, which its function, type and place make one of some hundred groups.
INSERT INTO errors (time, fingerprint, source, kind, type, message, stack, account, region, function, version, request_id,
    trace_id, span_id, span_name, invocation)
SELECT
    fromUnixTimestamp64Nano(start_ns + duration_ns), cityHash64(function, error_type), 'span',
    if(error_type = 'TimeoutError', 'timeout', 'unhandled'), error_type, concat(error_type, ' of user ', toString(user)),
    concat('Traceback (most recent call last):\n  File "/var/task/', function, '.py", line 41, in handler\n    ',
        repeat('charge(order, card)\n  File "/var/task/shop/pay.py", line 9, in charge\n    ', 6), '\n', error_type),
    '000000000000', 'us-east-1', function, toString(h % 3 + 1), request_id, trace_id, span_id, function, 1
FROM ({INVOKED})
WHERE error
