-- Traces joined to this one by links: consumers of a batch that took its messages, and traces whose messages it took.
SELECT lower(hex(trace_id)) AS trace, lower(hex(member_trace_id)) AS member
FROM trace_members
WHERE trace_id = toFixedString(unhex({trace_id:String}), 16)
    OR member_trace_id = toFixedString(unhex({trace_id:String}), 16)
GROUP BY trace_id, member_trace_id
ORDER BY min(start)
LIMIT 10000
