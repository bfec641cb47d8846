-- The requests that runs struck: log records of the platform know no trace.
SELECT request_id FROM struck WHERE id IN ({RUNS})
