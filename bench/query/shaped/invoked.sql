-- Invocations number {from} to {to} of a day, as everything else is made of them: two make a trace, the second of which
-- is caused by the first. Functions are of very different popularity; durations are skewed; one in 200 fails.
WITH
    number AS n, cityHash64(n, {day_ns:Int64}) AS h,
    toUInt8(20 * pow((h % 10007) / 10007, 2.5)) AS f, toString(f) AS f_text,
    intDiv(n, 2) AS pair,
    pow(2.718281828, 3 + f % 7 * 0.4 + 1.1 * (bitShiftRight(h, 8) % 1000 + bitShiftRight(h, 20) % 1000 + bitShiftRight(h, 32) % 1000 - 1500) / 500) AS ms
SELECT
    h,
    concat(['checkout', 'orders', 'payment', 'price', 'stock', 'notify', 'invoice', 'search', 'images', 'login', 'carts',
        'returns', 'reports', 'export', 'import', 'audit', 'mail', 'sync', 'expire', 'nightly'][f + 1]) AS function,
    cityHash64(f, {day_ns:Int64} > 0) AS resource_id,
    sipHash128(pair, {day_ns:Int64}) AS trace_id,
    reinterpretAsFixedString(cityHash64(n, 'span', {day_ns:Int64})) AS span_id,
    if(n % 2 = 0, toFixedString('', 8), reinterpretAsFixedString(cityHash64(n - 1, 'span', {day_ns:Int64}))) AS parent_id,
    lower(hex(sipHash128(n, 'request', {day_ns:Int64}))) AS request_id,
    {day_ns:Int64} + toInt64(pair * 2 * (86400e9 / {a_day:Int64})) + toInt64((n % 2) * 5e6) AS start_ns,
    toInt64(ms * 1e6) AS duration_ns,
    bitShiftRight(h, 40) % 200 = 0 AS error,
    ['CardDeclined', 'TimeoutError', 'ThrottlingException', 'ValidationError', 'KeyError'][bitShiftRight(h, 48) % 5 + 1] AS error_type,
    bitShiftRight(h, 44) % 300 = 0 AS cold_start,
    bitShiftRight(h, 12) % 50000 AS user,
    ['free', 'free', 'free', 'plus', 'pro'][bitShiftRight(h, 24) % 5 + 1] AS plan
FROM numbers({from:UInt64}, {to:UInt64} - {from:UInt64})
