-- Which stages the telemetry of functions of a name tells, of resources seen since {since_s}, newest first; the older name
-- of the attribute counts too.
SELECT if(resource['deployment.environment.name'] != '', resource['deployment.environment.name'],
    resource['deployment.environment']) AS stage
FROM resources
WHERE seen >= fromUnixTimestamp({since_s:UInt32}) AND {name:String} IN (resource['faas.name'], resource['service.name'])
    AND stage != ''
GROUP BY stage
ORDER BY max(seen) DESC
LIMIT 20
