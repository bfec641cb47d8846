-- What became of each message that was sent in the range: by edge, how many were consumed and how soon, and those that
-- were not. Messages are those of calls that tell ids (mendline.links.out), or that are PRODUCER spans; who takes them are
-- invocations that tell these ids (mendline.links.in), are below the span, or link to it, until {seen_ns}.
-- An edge is a resource and a function that took one of its messages in the range, or ({types}, {names}, {functions})
-- that is invoked by it. A write to a table or a bucket is one message, however many ids it goes by.
WITH
    told AS (
        SELECT resource_type, resource_name, start, trace_id, span_id, parent_id, service, status,
            JSONExtract(attributes['mendline.links.out'], 'Array(String)') AS links_out,
            empty(links_out) OR resource_type IN ('s3', 'dynamodb') AS as_one
        FROM spans
        WHERE function = '' AND resource_type NOT IN ('', 'lambda', 'http') AND NOT unfinished AND status != 2
            AND (kind = 4 OR attributes['mendline.links.out'] != '')
            AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
                AND toStartOfHour(start) < fromUnixTimestamp64Nano({end_ns:Int64}))
    ),
    sends AS (
        SELECT resource_type, resource_name, start, trace_id, span_id, service,
            arrayJoin(if(as_one, [concat('span:', lower(hex(span_id)))], links_out)) AS message,
            if(as_one, arrayConcat(links_out, [message]), [message, concat('span:', lower(hex(span_id)))]) AS ids
        FROM told
    ),
    batches AS (
        SELECT function, trace_id, span_id, start, start + toIntervalNanosecond(duration_ns) AS end,
            status = 2 OR unfinished AS failed,
            JSONExtract(attributes['mendline.links.in'], 'Array(String)') AS links_in,
            JSONExtract(attributes['mendline.records'], 'failed', 'Array(String)') AS failed_ids,
            arrayExists(id -> startsWith(id, 'kinesis:') OR startsWith(id, 'dynamodb:'), links_in) AS in_order,
            -- who reports one record of a stream gets all from there on again
            arrayMap(id -> arrayExists(one -> endsWith(id, one), failed_ids), links_in) AS told_failed,
            if(in_order, indexOf(told_failed, 1), 0) AS first_failed,
            arrayMap((id, is_failed, place) -> (id, NOT failed AND NOT is_failed AND (first_failed = 0 OR place < first_failed)),
                links_in, told_failed, arrayEnumerate(links_in)) AS by_id,
            -- above it, or linked, is who sent it, where that tells no ids
            arrayMap(span -> (concat('span:', lower(hex(span))), NOT failed AND empty(failed_ids)),
                arrayConcat(if(kind = 5 AND parent_id != toFixedString('', 8), [parent_id], []), links.span_id)) AS by_span
        FROM spans
        WHERE function != ''
            AND (attributes['mendline.links.in'] != '' OR kind = 5 OR notEmpty(links.span_id))
            AND start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({seen_ns:Int64})
            AND indexHint(toStartOfHour(start) > fromUnixTimestamp64Nano({start_ns:Int64}) - INTERVAL 1 HOUR
                AND toStartOfHour(start) < fromUnixTimestamp64Nano({seen_ns:Int64}))
    ),
    takes AS (
        SELECT function, one.1 AS id, max(one.2) AS ok, uniqExact(start) AS tries, min(start) AS first, max(end) AS last
        FROM (SELECT function, start, end, arrayJoin(arrayConcat(by_id, by_span)) AS one FROM batches)
        GROUP BY function, id
    ),
    messages AS (
        SELECT resource_type, resource_name, message, min(start) AS sent, argMin(trace_id, start) AS trace,
            argMin(span_id, start) AS span, argMin(service, start) AS sender, arrayDistinct(arrayFlatten(groupArray(ids))) AS every_id
        FROM sends GROUP BY resource_type, resource_name, message
    ),
    by_id AS (SELECT resource_type, resource_name, message, arrayJoin(every_id) AS id FROM messages),
    taken AS (
        -- a platform's own id says more than the span, which several messages may share
        SELECT * FROM (
            SELECT *, max(by_own_id) OVER (PARTITION BY resource_type, resource_name, function) AS knows
            FROM (
                SELECT resource_type, resource_name, message, function, max(ok) AS ok, max(tries) AS tries, min(first) AS first,
                    max(last) AS last, NOT startsWith(id, 'span:') AS by_own_id
                FROM by_id INNER JOIN takes USING (id)
                GROUP BY resource_type, resource_name, message, function, by_own_id
            )
        )
        WHERE by_own_id OR NOT knows
    ),
    edges AS (
        SELECT DISTINCT resource_type, resource_name, function FROM taken
        UNION DISTINCT
        SELECT edge.1, edge.2, edge.3 FROM (
            SELECT arrayJoin(arrayZip({types:Array(String)}, {names:Array(String)}, {functions:Array(String)})) AS edge)
    ),
    owed AS (
        SELECT m.resource_type AS resource_type, m.resource_name AS resource_name, m.message AS message, m.sent AS sent,
            m.trace AS trace, m.span AS span, m.sender AS sender, e.function AS function
        FROM messages AS m INNER JOIN edges AS e ON m.resource_type = e.resource_type AND m.resource_name = e.resource_name
    )
SELECT type, name, function, count() AS sent, countIf(ok) AS consumed, arraySort(groupUniqArray(50)(sender)) AS senders,
    quantilesExactIf(0.5, 0.99)(greatest(waited_ms, 0), tries > 0) AS delays, toUnixTimestamp64Nano(maxIf(sent_at, tries > 0)) AS newest_taken_ns,
    arrayCount(at -> at < minIf(sent_at, tries = 0), groupArray(sent_at)) AS taken_first,
    arraySort(m -> m.2, groupArrayIf({most:UInt32})((message, toUnixTimestamp64Nano(sent_at), lower(hex(trace)), lower(hex(span)), sender,
        tries, toUnixTimestamp64Nano(last)), NOT ok)) AS missing
FROM (
    SELECT o.resource_type AS type, o.resource_name AS name, o.function AS function, o.message AS message, o.sent AS sent_at,
        o.trace AS trace, o.span AS span, o.sender AS sender,
        t.tries AS tries, t.ok AND t.tries > 0 AS ok, t.last AS last, (toUnixTimestamp64Nano(t.first) - toUnixTimestamp64Nano(o.sent)) / 1e6 AS waited_ms
    FROM owed AS o LEFT JOIN taken AS t ON o.resource_type = t.resource_type AND o.resource_name = t.resource_name
        AND o.message = t.message AND o.function = t.function
)
GROUP BY type, name, function
ORDER BY type, name, function
LIMIT 2000
