-- Each operation that has ended, added to its minute as often as it stands for others by sampling. Of a weight that is
-- no whole number (3.3), the rest is thrown as dice by the span's id, so that sums are right in the mean; none is more
-- than a million, so that no sum wraps.
CREATE MATERIALIZED VIEW spans_to_resource_minutes TO resource_minutes AS
WITH
    least({PART(sampling_weight)}, 1e6) AS sampled,
    if(trace_state = '', toInt64(1),
        toInt64(floor(sampled)) + toInt64(bitShiftRight(cityHash64(span_id), 11) / 9007199254740992 < sampled - floor(sampled)))
        AS weight
SELECT resource_type, resource_name, operation, service, toStartOfMinute(start) AS minute, {RESOURCE_SUMS}
FROM spans
WHERE resource_type != '' AND NOT unfinished -- told again when it ends
GROUP BY resource_type, resource_name, operation, service, minute
