-- The tables of a project that do not keep what a merge replaced for so long.
SELECT name FROM system.tables
WHERE database = {project:String} AND engine LIKE '%MergeTree'
    AND NOT position(create_table_query, 'old_parts_lifetime = ' || {seconds:String})
