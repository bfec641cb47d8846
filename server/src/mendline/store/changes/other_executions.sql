-- The same as changes/lone_executions.sql, where of some executions of the batch more is known: those are left to
-- changes/folded_executions.sql.
INSERT INTO invocations (
    account, region, function, version, instance, request_id, message_keys, trace_id, span_id, start, duration_ns,
    error, error_kind, error_type, error_message,
    cold_start, init_ms, restore_ms, billed_ms, timeout_ms, remaining_ms, unfinished,
    memory_size_bytes, memory_used_bytes, trigger, trigger_source, attempt, sources, revision, sign
)
WITH
{PART(executions_near)}
SELECT
{PART(lone_half)}
FROM execution_halves
WHERE batch >= {first:UInt64} AND batch < {end:UInt64} AND key NOT IN (SELECT key FROM several)
    AND source != 'start' -- what has begun is an invocation when more is known
