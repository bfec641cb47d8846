-- The partitions by day of a project's tables.
SELECT DISTINCT table, partition FROM system.parts
WHERE database = {project:String} AND active AND match(partition, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
