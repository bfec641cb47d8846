-- The hours of each trace that a batch has spans of.
CREATE MATERIALIZED VIEW spans_to_trace_hours TO trace_hours AS
SELECT DISTINCT toUInt32(cityHash64(trace_id)) AS trace, toStartOfHour(start) AS hour
FROM spans
