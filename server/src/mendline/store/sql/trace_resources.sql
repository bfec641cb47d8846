-- Attributes of the resources that the spans of one trace point to.
SELECT toString(resource_id) AS resource_id, any(resource) AS attributes
FROM resources
WHERE resource_id IN (SELECT resource_id FROM spans WHERE trace_id = toFixedString(unhex({trace_id:String}), 16))
GROUP BY resource_id
