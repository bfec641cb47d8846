-- The parts of a project's tables made since a moment: whether a merge or a mutation made each, and whether all that it
-- replaced is still on the disk.
SELECT made.table, made.name, made.path,
    made.min_block_number < made.max_block_number OR countIf(before.name != '') > 0 AS merged,
    countIf(before.name != '') > 0 AND sum(before.rows) >= any(made.rows) AS kept
FROM system.parts AS made
LEFT JOIN system.parts AS before
    ON before.database = made.database AND before.table = made.table AND before.partition_id = made.partition_id
    AND NOT before.active
    AND before.min_block_number >= made.min_block_number AND before.max_block_number <= made.max_block_number
WHERE made.database = {project:String} AND made.active AND made.modification_time >= toDateTime({since:Int64})
GROUP BY made.table, made.name, made.path, made.min_block_number, made.max_block_number
ORDER BY made.table, made.name
