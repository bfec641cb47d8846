-- Flatten what each scope sent to log records, once; what keeps them reads from logs_in.
CREATE MATERIALIZED VIEW logs_flat_to_logs_in TO logs_in AS
WITH
    fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received_at,
    fromUnixTimestamp64Nano(reinterpretAsInt64(multiIf(
        l.time_unix_nano != 0, l.time_unix_nano,
        l.observed_time_unix_nano != 0, l.observed_time_unix_nano, received_ns))) AS sent,
    sent < received_at - INTERVAL {RETENTION_DAYS} DAY OR sent > received_at + INTERVAL 10 MINUTE AS outside
SELECT
    if(outside, received_at, sent) AS time,
    if(l.observed_time_unix_nano = 0, received_at,
        fromUnixTimestamp64Nano(reinterpretAsInt64(l.observed_time_unix_nano))) AS observed,
    received_at AS received,
    outside AS placed_at_receipt,
    offset AS batch,
    toFixedString(l.trace_id, 16) AS trace_id,
    toFixedString(l.span_id, 8) AS span_id,
    l.flags AS flags,
    toUInt8(if(l.severity_number BETWEEN 0 AND 24, l.severity_number, 0)) AS severity_number,
    l.severity_text AS severity_text,
    l.event_name AS event_name,
    {TEXT(l.body)} AS body,
    if(l.body.value = 'string_value', '', replaceOne(toString(l.body.value), '_value', '')) AS body_type,
    resource_id, resource, resource_types, resource_schema_url, resource_dropped,
    scope_name, scope_version, scope_details,
    {MAP(l.attributes)} AS attributes,
    {TYPES(l.attributes)} AS attribute_types,
    l.dropped_attributes_count AS dropped_attributes
FROM logs_flat ARRAY JOIN log_records AS l
