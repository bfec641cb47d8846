-- Of each execution in the range: how many others at the same event began before it, how many after, and how many of
-- these succeeded. An event is a request id or a message id; where there are several, the most count.
SELECT execution, max(before) AS earlier, max(after) AS later, max(well) AS succeeded_later
FROM (
    SELECT one.2 AS execution,
        arrayCount(other -> other.1 < one.1, told) AS before,
        arrayCount(other -> other.1 > one.1, told) AS after,
        arrayCount(other -> other.1 > one.1 AND NOT other.3, told) AS well
    FROM (
        SELECT event, groupArray(1000)((toUnixTimestamp64Nano(start), execution, error)) AS told
        FROM (
            SELECT arrayJoin(event_keys) AS event, start, execution, error
            FROM invocations
            WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 6 HOUR
                AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 6 HOUR
                AND sign = 1 AND (execution, revision) NOT IN (
                    SELECT execution, revision FROM invocations
                    WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 6 HOUR
                        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 6 HOUR)
        )
        GROUP BY event
    )
    ARRAY JOIN told AS one
)
GROUP BY execution
