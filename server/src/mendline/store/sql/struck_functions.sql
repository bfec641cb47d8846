-- The functions that took part in what a run of an experiment struck.
SELECT DISTINCT function AS name
FROM invocations
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
    AND trace_id IN (SELECT trace_id FROM struck WHERE id = {id:String})
ORDER BY name
LIMIT 100
