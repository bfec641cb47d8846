-- Each operation that has ended, added to its minute as often as it stands for others by sampling. Of a weight that is
-- no whole number (3.3), the rest is thrown as dice by the span's id, so that sums are right in the mean; none is more
-- than a million, so that no sum wraps. Calls of our agent count once each: of those that it did not send it sends a
-- summary (0126); as of what is sent they stand for others in percentiles alone.
CREATE MATERIALIZED VIEW spans_to_resource_minutes TO resource_minutes AS
WITH
    least({PART(sampling_weight)}, 1e6) AS sampled,
    if(trace_state = '', toInt64(1),
        toInt64(floor(sampled)) + toInt64(bitShiftRight(cityHash64(span_id), 11) / 9007199254740992 < sampled - floor(sampled)))
        AS weight,
    if(scope_name = 'mendline_agent', toInt64(1), weight) AS counted
SELECT resource_type, resource_name, operation, service, toStartOfMinute(start) AS minute, {RESOURCE_SUMS}
FROM spans
WHERE resource_type != '' AND NOT unfinished -- told again when it ends
GROUP BY resource_type, resource_name, operation, service, minute
