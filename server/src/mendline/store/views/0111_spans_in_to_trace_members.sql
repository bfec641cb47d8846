-- Links of a batch that lead to another trace.
CREATE MATERIALIZED VIEW spans_in_to_trace_members TO trace_members AS
SELECT DISTINCT link.trace_id AS trace_id, own_trace_id AS member_trace_id, span_id AS member_span_id, start
FROM (SELECT trace_id AS own_trace_id, span_id, start, links FROM spans_in WHERE notEmpty(links))
ARRAY JOIN links AS link
WHERE link.trace_id != own_trace_id
