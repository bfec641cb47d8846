-- What each table takes on the disk, largest first.
SELECT table AS name, sum(rows) AS rows, sum(bytes_on_disk) AS bytes,
    minIf(partition, match(partition, '^[0-9]{4}-')) AS oldest
FROM system.parts
WHERE database = currentDatabase() AND active
GROUP BY table
HAVING rows > 0 AND table NOT LIKE 'schema_%'
ORDER BY bytes DESC, name
