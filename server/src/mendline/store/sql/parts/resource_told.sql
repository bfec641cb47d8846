-- A resource of a request, as it was sent, and its id: the same for all that is told of it.
            {MAP(sent_attributes)} AS resource, {TYPES(sent_attributes)} AS resource_types,
            sent_schema_url AS resource_schema_url, sent_dropped AS resource_dropped,
            cityHash64(toString(resource), resource_types, resource_schema_url, resource_dropped) AS resource_id,
