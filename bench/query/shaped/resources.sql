-- The functions themselves.
INSERT INTO resources (resource_id, resource, seen)
SELECT resource_id, map('service.name', any(function), 'faas.name', any(function), 'cloud.platform', 'aws_lambda',
    'cloud.region', 'us-east-1', 'cloud.account.id', '000000000000', 'process.runtime.name', 'cpython',
    'process.runtime.version', '3.12.4'), now()
FROM ({INVOKED})
GROUP BY resource_id
