-- The id of a resource: the same for all that is told of it.
            cityHash64(toString(resource), resource_types, resource_schema_url, resource_dropped) AS resource_id,
