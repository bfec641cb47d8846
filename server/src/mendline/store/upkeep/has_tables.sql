-- Whether the tables of a project are there.
SELECT count() FROM system.tables WHERE database = {project:String} AND name = 'spans'
