-- What is told of some resources; a resource that was told with other words has another id.
SELECT toString(resource_id) AS resource_id, resource AS attributes, attribute_types, schema_url, dropped_attributes
FROM resources
WHERE resource_id IN {resource_ids:Array(UInt64)}
LIMIT 1 BY resource_id
