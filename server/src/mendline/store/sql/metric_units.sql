-- The unit of each metric, as it was last told.
SELECT toString(name) AS name, toString(argMax(unit, seen)) AS unit FROM metric_names GROUP BY name LIMIT 10000
