-- The versions of what was stored before they were kept; told twice, they are the same.
INSERT INTO function_versions SETTINGS max_partitions_per_insert_block = 0
SELECT account, region, function, version, toDate(start) AS day, min(start) AS first
FROM invocations
WHERE version != ''
GROUP BY account, region, function, version, day
