-- final | count() by function
-- start_ns = 86400000000000
-- end_ns = 172800000000000
-- synchronous = ['alb', 'apigateway.v1', 'apigateway.v2', 'cognito', 'function_url', 'http']
-- asynchronous = ['cloudwatch_logs', 'config', 'eventbridge', 'iot', 's3', 'schedule', 'ses', 'sns', 'timer']
-- by_queue = ['sqs']
-- by_stream = ['dynamodb', 'kinesis']
-- limited = ['']
-- limits = [-2]
-- limit_ages_s = [-2]
-- from raw
SELECT r.function AS k0, sum(r.stands_for) AS a0
FROM (SELECT *, execution, event_keys FROM invocations WHERE -- The condition of invocations of the range that still hold.
start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND sign = 1 AND (
                (SELECT count() = 0 FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64}))
                OR (execution, revision) NOT IN (SELECT execution, revision FROM invocations
                WHERE sign = -1 AND start >= fromUnixTimestamp64Nano({start_ns:Int64})
                    AND start < fromUnixTimestamp64Nano({end_ns:Int64})))
) AS r ANY LEFT JOIN (-- Of each execution in the range: how many others at the same event began before it, how many after, whether one of these
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
) AS a ON r.execution = a.execution
WHERE toBool(r.error AND a.later = 0 AND multiIf(r.trigger IN ({synchronous:Array(String)}), true, r.trigger IN ({by_queue:Array(String)}) OR r.trigger IN ({by_stream:Array(String)}), (if((transform(multiIf(r.trigger IN ({by_queue:Array(String)}), concat('queue', '\t', r.account, '\t', r.region, '\t', splitByChar(':', replaceAll(r.trigger_source, '/', ':'))[-1], '\t', ''), r.trigger IN ({by_stream:Array(String)}), concat('stream', '\t', r.account, '\t', r.region, '\t', r.function, '\t', r.trigger_source), concat('asynchronous', '\t', r.account, '\t', r.region, '\t', r.function, '\t', r.version)), {limited:Array(String)}, {limits:Array(Int64)}, toInt64(-2)) AS own_limits) = -2 AND NOT (r.trigger IN ({by_queue:Array(String)}) OR r.trigger IN ({by_stream:Array(String)})), transform(concat('asynchronous', '\t', r.account, '\t', r.region, '\t', r.function, '\t', '*'), {limited:Array(String)}, {limits:Array(Int64)}, toInt64(-2)), own_limits) AS final_limits) >= 0 AND greatest(toInt64(r.attempt), toInt64(a.earlier + 1)) >= final_limits, r.trigger IN ({asynchronous:Array(String)}) OR a.alike > 1, greatest(toInt64(r.attempt), toInt64(a.earlier + 1)) >= if(final_limits < 0, 3, final_limits) OR (if((transform(multiIf(r.trigger IN ({by_queue:Array(String)}), concat('queue', '\t', r.account, '\t', r.region, '\t', splitByChar(':', replaceAll(r.trigger_source, '/', ':'))[-1], '\t', ''), r.trigger IN ({by_stream:Array(String)}), concat('stream', '\t', r.account, '\t', r.region, '\t', r.function, '\t', r.trigger_source), concat('asynchronous', '\t', r.account, '\t', r.region, '\t', r.function, '\t', r.version)), {limited:Array(String)}, {limit_ages_s:Array(Int64)}, toInt64(-2)) AS own_limit_ages_s) = -2 AND NOT (r.trigger IN ({by_queue:Array(String)}) OR r.trigger IN ({by_stream:Array(String)})), transform(concat('asynchronous', '\t', r.account, '\t', r.region, '\t', r.function, '\t', '*'), {limited:Array(String)}, {limit_ages_s:Array(Int64)}, toInt64(-2)), own_limit_ages_s) AS final_limit_ages_s) > 0 AND (toUnixTimestamp64Nano(r.start) + toInt64(r.duration_ns) - if(a.first_ns = 0, toUnixTimestamp64Nano(r.start), a.first_ns)) / 1e9 + if(greatest(toInt64(r.attempt), toInt64(a.earlier + 1)) >= 2, 120, 60) > final_limit_ages_s, false))
GROUP BY k0
LIMIT 50001
