-- The same of log records that Python flattened: their values are texts already.
CREATE MATERIALIZED VIEW logs_sent_to_logs_in TO logs_in AS
WITH
{PART(log_placed)}
SELECT
{PART(resource_hashed)}
{PART(log_told)}
    l.body AS body, l.body_type AS body_type, l.attributes AS attributes, l.attribute_types AS attribute_types
FROM logs_sent AS l
