-- A resource of a request, as it was sent, and its id.
            {MAP(sent_attributes)} AS resource, {TYPES(sent_attributes)} AS resource_types,
            sent_schema_url AS resource_schema_url, sent_dropped AS resource_dropped,
{PART(resource_hashed)}
