-- In how many executions some errors, by their fingerprints, happened in the range; and as how many those count that were
-- sampled: `seen` of them, which stand for `stand_for` by the thresholds of their spans.
SELECT leftPad(lower(hex(fingerprint)), 16, '0') AS fingerprint_hex,
    uniqExact(execution) AS executions, count() AS seen, sum(weight) AS stand_for
FROM (
    SELECT fingerprint, {PART(failed_execution)} AS execution,
        max(if(sampled.weight = 0, 1, sampled.weight)) AS weight
    FROM errors
    ANY LEFT JOIN (
        SELECT trace_id, span_id, {PART(sampling_weight)} AS weight FROM spans
        WHERE trace_state != '' AND {PART(spans_near)} AND {weighed:Bool}
    ) AS sampled ON errors.trace_id = sampled.trace_id AND errors.span_id = sampled.span_id
    WHERE {PART(errors_told_once)}
        AND has({fingerprints:Array(String)}, leftPad(lower(hex(fingerprint)), 16, '0'))
    GROUP BY fingerprint, execution
)
GROUP BY fingerprint
