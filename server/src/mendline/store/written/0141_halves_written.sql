-- Halves that came in the exporter's shape are invocations at once: no batch of the spool will complete them.
-- A half of the same execution that comes later, through the spool, is joined (changes/folded_executions.sql).
CREATE MATERIALIZED VIEW halves_written TO invocations AS
SELECT
{PART(lone_half)}
FROM execution_halves
WHERE batch = 0
