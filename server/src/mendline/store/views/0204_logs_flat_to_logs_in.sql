-- Flatten what each scope sent to log records, once; what keeps them reads from logs_in.
CREATE MATERIALIZED VIEW logs_flat_to_logs_in TO logs_in AS
WITH
{PART(log_placed)}
SELECT resource_id,
{PART(log_told)}
    {TEXT(l.body)} AS body,
    if(l.body.value = 'string_value', '', replaceOne(toString(l.body.value), '_value', '')) AS body_type,
    {MAP(l.attributes)} AS attributes,
    {TYPES(l.attributes)} AS attribute_types
FROM logs_flat ARRAY JOIN log_records AS l
