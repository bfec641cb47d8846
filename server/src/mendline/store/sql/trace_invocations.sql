-- Which spans of one trace are invocations, and of which function.
SELECT lower(hex(span_id)) AS span_id, function
FROM invocations
WHERE trace_id = toFixedString(unhex({trace_id:String}), 16)
LIMIT 100000
