-- What is measured in the range.
SELECT
    name, toString(metrics.kind) AS kind, any(names.unit) AS unit, any(names.description) AS description,
    any(names.metadata) AS metadata, any(names.metadata_types) AS metadata_types,
    uniqExact(series) AS series, count() AS points, toUnixTimestamp64Nano(max(time)) AS last_ns
FROM metrics
LEFT JOIN (
    SELECT name, kind, argMax(unit, seen) AS unit, argMax(description, seen) AS description,
        argMax(metadata, seen) AS metadata, argMax(metadata_types, seen) AS metadata_types
    FROM metric_names GROUP BY name, kind
) AS names ON metrics.name = names.name AND metrics.kind = names.kind
WHERE time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
GROUP BY name, kind
ORDER BY name, kind
LIMIT {limit:UInt32}
