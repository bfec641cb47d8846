-- What agents marked (docs/chaos.md): an invocation that several runs struck counts them all.
CREATE MATERIALIZED VIEW spans_to_struck TO struck AS
SELECT arrayJoin(arrayDistinct(arrayConcat([attributes['mendline.chaos.id']],
        JSONExtractKeys(attributes['mendline.chaos.injected'])))) AS id,
    trace_id, multiIf(function = '', '', attributes['faas.invocation_id'] != '', attributes['faas.invocation_id'],
        attributes['faas.execution']) AS request_id, min(start) AS start
FROM spans
WHERE attributes['mendline.chaos.id'] != '' AND trace_id != toFixedString('', 16)
GROUP BY id, trace_id, request_id
