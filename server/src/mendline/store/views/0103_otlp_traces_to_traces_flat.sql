-- What each scope of a request for traces sent. This and what follows are two views, since the analyser walks all of a
-- subquery for each expression over it, at every insert: one view took 127 ms of CPU, two take 65. Parts of a resource
-- are taken out as they are read, because each touch of a type as deep costs too.
CREATE MATERIALIZED VIEW otlp_traces_to_traces_flat TO traces_flat AS
SELECT resource, resource_types, resource_schema_url, resource_dropped, resource_id,
{PART(scope_told)}
    sc.spans AS spans, received_ns, offset
FROM (
    SELECT
{PART(resource_told)}
        scope_spans, received_unix_nano AS received_ns, spool_offset AS offset
    FROM otlp_traces ARRAY JOIN
        resource_spans.resource.attributes AS sent_attributes,
        resource_spans.resource.dropped_attributes_count AS sent_dropped,
        resource_spans.schema_url AS sent_schema_url,
        resource_spans.scope_spans AS scope_spans
) ARRAY JOIN scope_spans AS sc
