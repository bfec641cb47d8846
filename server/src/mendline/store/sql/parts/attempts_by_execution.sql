-- Of each execution in the range: how many others at the same event began before it, how many after, whether one of these
-- mended it, how many there are of its request id, and when the first of these began. An event is a request id or a message id; where there are several,
-- the most count, but it is mended only by its request id, or for all of its messages (model/attempts.py).
SELECT execution, max(before) AS earlier, max(after) AS later, maxIf(alike_told, by_request) AS alike,
    minIf(first, by_request) AS first_ns,
    maxIf(well, by_request) > 0 OR (countIf(NOT by_request) > 0 AND minIf(well, NOT by_request) > 0) AS recovered
FROM (
    SELECT one.2 AS execution, one.4 AS by_request, length(told) AS alike_told, arrayMin(told.1) AS first,
        arrayCount(other -> other.1 < one.1, told) AS before,
        arrayCount(other -> other.1 > one.1, told) AS after,
        arrayCount(other -> other.1 > one.1 AND NOT other.3, told) AS well
    FROM (
        SELECT event, groupArray(1000)((toUnixTimestamp64Nano(start), execution, error, by_request)) AS told
        FROM (
            SELECT event, start, execution, error, number = 1 AND request_id != '' AS by_request
            FROM invocations
            ARRAY JOIN event_keys AS event, arrayEnumerate(event_keys) AS number
            WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 6 HOUR
                AND start < fromUnixTimestamp64Nano({end_ns:Int64}) + INTERVAL 6 HOUR
                AND event IN (
                    SELECT arrayJoin(event_keys) FROM invocations
                    WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64})
                        AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
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
