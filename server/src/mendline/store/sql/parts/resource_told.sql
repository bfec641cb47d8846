-- A resource `r` of a request, and its id: the same for all that is told of it.
            {MAP(r.resource.attributes)} AS resource, {TYPES(r.resource.attributes)} AS resource_types,
            r.schema_url AS resource_schema_url, r.resource.dropped_attributes_count AS resource_dropped,
            cityHash64(toString(resource), resource_types, resource_schema_url, resource_dropped) AS resource_id,
