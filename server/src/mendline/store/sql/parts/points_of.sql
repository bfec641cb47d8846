-- What each metric says of its points, as the points are taken out.
    SELECT received, resource, resource_types, resource_schema_url, resource_dropped, resource_id,
        scope_name, scope_version, scope_details, name, description, unit, metadata, metadata_types,
