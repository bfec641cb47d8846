-- Which spans of one trace are invocations, and of which function.
SELECT lower(hex(span_id)) AS span_id, function
FROM invocations
WHERE trace_id = toFixedString(unhex({trace_id:String}), 16) AND span_id != toFixedString('', 8)
GROUP BY span_id, function
HAVING sum(sign) > 0
LIMIT 100000
