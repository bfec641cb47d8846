-- | consecutive(error.type:MappingError) by function
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- v2 = 'MappingError'
-- from raw
SELECT r.function AS k0, if(toInt64(arrayFirstIndex(it -> NOT it.2, groupArraySorted(10000)((-(toUnixTimestamp64Nano(r.start) + toInt64(r.duration_ns)), (r.error_type = {v2:String}))))) = 0, toInt64(length(groupArraySorted(10000)((-(toUnixTimestamp64Nano(r.start) + toInt64(r.duration_ns)), (r.error_type = {v2:String}))))), toInt64(arrayFirstIndex(it -> NOT it.2, groupArraySorted(10000)((-(toUnixTimestamp64Nano(r.start) + toInt64(r.duration_ns)), (r.error_type = {v2:String}))))) - 1) AS a0
FROM (SELECT *, execution, event_keys FROM invocations WHERE -- The condition of invocations of the range that still hold.
start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND sign = 1 AND (
                (SELECT count() = 0 FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
                OR (execution, revision) NOT IN (SELECT execution, revision FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})))
) AS r
WHERE 1
GROUP BY k0
LIMIT 50001
