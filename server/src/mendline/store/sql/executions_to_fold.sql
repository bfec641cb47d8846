-- Of how many executions of a batch more than one half is known.
WITH
{PART(executions_near)}
SELECT count() AS executions FROM several
