-- The traces that runs struck.
SELECT trace_id FROM struck WHERE id IN ({RUNS})
