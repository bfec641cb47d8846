-- By what the halves of executions are in order: a data directory that was made before 29 November 2026 has no key in it.
SELECT sorting_key FROM system.tables WHERE database = {project:String} AND name = 'execution_halves'
