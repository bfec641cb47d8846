-- How many merges of a project's tables run.
SELECT count() FROM system.merges WHERE database = {project:String}
