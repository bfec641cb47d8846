-- What is told of a data point `p` whatever its kind.
    received, resource, resource_types, resource_schema_url, resource_dropped, resource_id,
    scope_name, scope_version, scope_details, unit, description, metadata, metadata_types, name,
    {MAP(p.attributes)} AS attributes, {TYPES(p.attributes)} AS attribute_types,
    cityHash64(resource_id, toString(attributes)) AS series,
    fromUnixTimestamp64Nano(reinterpretAsInt64(p.start_time_unix_nano)) AS start,
    if(outside, received, sent) AS time, outside AS placed_at_receipt, p.flags AS flags
