-- What is told of some resources; a resource that was told with other words has another id.
SELECT toString(resource_id) AS resource_id, any(resource) AS attributes, any(resources.attribute_types) AS attribute_types,
    any(resources.schema_url) AS schema_url, any(resources.dropped_attributes) AS dropped_attributes
FROM resources
WHERE resource_id IN (SELECT toUInt64(arrayJoin({resource_ids:Array(String)})))
GROUP BY resource_id
