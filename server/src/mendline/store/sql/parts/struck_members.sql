-- The traces of batches that took a message of one that runs struck.
SELECT member_trace_id FROM trace_members WHERE trace_id IN (SELECT trace_id FROM struck WHERE id IN ({RUNS}))
