-- logs "connection refused" level >= warn
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 'connection refused'
-- v3 = 'connection'
-- limit = 100
-- offset = 0
-- from raw
SELECT toUnixTimestamp64Nano(r.time) AS `time`, multiIf(r.severity_number = 0, '', r.severity_number < 5, 'trace', r.severity_number < 9, 'debug', r.severity_number < 13, 'info', r.severity_number < 17, 'warn', r.severity_number < 21, 'error', 'fatal') AS `level`, if(r.function = '', r.service, r.function) AS `function`, r.body AS `message`, r.request_id AS `request_id`, if(r.trace_id = toFixedString('', 16), '', lower(hex(r.trace_id))) AS `trace_id`, if(r.span_id = toFixedString('', 8), '', lower(hex(r.span_id))) AS `span_id`
FROM (SELECT * FROM logs WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})) AS r
WHERE (hasPhrase(lowerUTF8(r.body), lowerUTF8({v2:String})) AND (indexOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], multiIf(r.severity_number = 0, '', r.severity_number < 5, 'trace', r.severity_number < 9, 'debug', r.severity_number < 13, 'info', r.severity_number < 17, 'warn', r.severity_number < 21, 'error', 'fatal')) >= 4))
ORDER BY r.time DESC NULLS LAST, toUnixTimestamp64Nano(r.time) DESC, r.trace_id, r.span_id, r.request_id, r.body, r.severity_number, r.function
LIMIT {limit:UInt32} OFFSET {offset:UInt32}
