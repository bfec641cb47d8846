-- The spans of invocations: their own, and of each four calls to tables, queues and APIs.
INSERT INTO spans (trace_id, span_id, parent_id, name, kind, start, duration_ns, status, service, resource_id, function,
    resource_type, resource_name, operation, error_kind, scope_name, attributes, attribute_types)
SELECT
    trace_id, if(part = 0, span_id, reinterpretAsFixedString(cityHash64(h, part))) AS span_id,
    if(part = 0, parent_id, i.span_id) AS parent_id,
    if(part = 0, function, ['DynamoDB.GetItem', 'DynamoDB.PutItem', 'SQS.SendMessage', 'POST'][part]) AS name,
    if(part = 0, 2, 3) AS kind,
    fromUnixTimestamp64Nano(start_ns + if(part = 0, 0, intDiv(duration_ns * part, 5))) AS start,
    if(part = 0, duration_ns, intDiv(duration_ns, 6 + bitShiftRight(h, part) % 20)) AS duration_ns,
    if(i.error AND (part = 0 OR part = h % 5), 2, 0) AS status,
    i.function AS service, resource_id, if(part = 0, i.function, '') AS function,
    ['', 'dynamodb', 'dynamodb', 'sqs', 'http'][part + 1] AS resource_type,
    ['', concat(i.function, '-table'), 'orders', concat(i.function, '-queue'), 'api.example.com'][part + 1] AS resource_name,
    ['', 'GetItem', 'PutItem', 'SendMessage', 'POST /v1/charges'][part + 1] AS operation,
    if(status = 2, 'throttled', '') AS error_kind, 'mendline' AS scope_name,
    if(part = 0,
        map('faas.invocation_id', request_id, 'faas.coldstart', if(cold_start, 'true', 'false'), 'faas.trigger', 'http',
            'mendline.timeout_ms', '3000', 'mendline.remaining_ms', toString(3000 - intDiv(duration_ns, 1000000)),
            'mendline.request', concat('{"sku":"A-', toString(h % 900), '","quantity":', toString(h % 7), '}'),
            'user.id', toString(user), 'user.plan', plan),
        map('rpc.system', 'aws-api', 'rpc.service', ['DynamoDB', 'DynamoDB', 'SQS', ''][part],
            'http.response.status_code', if(status = 2, '429', '200'), 'server.address', 'api.example.com',
            'aws.request_id', lower(hex(sipHash128(h, part))), 'mendline.retries', '0')) AS attributes,
    if(part = 0, 'faas.coldstart\tbool', 'http.response.status_code\tint') AS attribute_types
FROM ({INVOKED}) AS i
ARRAY JOIN range(5) AS part
