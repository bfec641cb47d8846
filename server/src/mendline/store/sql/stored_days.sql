-- What each day of each table holds, on the disk.
SELECT table, partition AS day, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE database = currentDatabase() AND active AND match(partition, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
GROUP BY table, partition
