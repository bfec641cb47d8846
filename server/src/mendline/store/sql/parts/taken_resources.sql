-- Resources of which messages were taken near the range: a span below the one that sent it.
SELECT DISTINCT concat(sent.resource_type, ' ', sent.resource_name) AS taken
FROM (SELECT span_id, resource_type, resource_name FROM spans WHERE kind = 4
    AND {PART(spans_near)}) AS sent
WHERE sent.span_id IN (
    SELECT parent_id FROM spans
    WHERE {PART(spans_near)}
    UNION ALL
    SELECT arrayJoin(links.span_id) FROM spans
    WHERE notEmpty(links) AND {PART(spans_near)})
