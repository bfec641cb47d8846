-- The parts of a project's tables that the engine found damaged when it opened them.
SELECT table, name FROM system.detached_parts WHERE database = {project:String} AND reason = 'broken-on-start'
ORDER BY table, name
