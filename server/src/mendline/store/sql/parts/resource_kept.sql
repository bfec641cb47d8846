-- Each resource of a batch.
SELECT resource_id, any(resource) AS resource, any(resource_types) AS attribute_types,
    any(resource_schema_url) AS schema_url, any(resource_dropped) AS dropped_attributes, now() AS seen
