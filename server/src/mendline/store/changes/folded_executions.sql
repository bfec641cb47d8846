-- What a batch tells of executions of which more than one half is known: as the halves before it told them (-1), and as
-- they are told now (+1).
-- Both are computed from halves by their offset alone, so that a repeat after a crash gives the same rows.
-- Halves are one execution when their request id is the same, their times meet (within 800 ms: the platform waits a
-- minute before it tries again, our playground a second), and their instances are the same or not known.
INSERT INTO invocations (
{PART(written_of_executions)}
) SETTINGS {ONCE}
WITH
{PART(executions_near)},
    told AS (
        SELECT *, arrayJoin(if(batch < {first:UInt64}, [toInt8(1), -1], [toInt8(1)])) AS sign,
            start + toIntervalNanosecond(least(duration_ns, 1020 * 1000000000)) AS end
        FROM near
        WHERE key IN (SELECT key FROM several)
    ),
    parted AS (
        SELECT *, start > max(end) OVER (PARTITION BY sign, key ORDER BY start, end DESC, batch
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + INTERVAL 800 MILLISECOND AS apart
        FROM told
    ),
    numbered AS (
        SELECT *, sum(apart) OVER (PARTITION BY sign, key ORDER BY start, end DESC, batch) AS number FROM parted
    ),
    placed AS (
        SELECT *,
            if(instance != '', toString(instance), argMinIf(toString(instance), (start, instance), instance != '')
                OVER (PARTITION BY sign, key, number)) AS place,
            row_number() OVER (PARTITION BY sign, key, number ORDER BY source, start, span_id, batch) AS rank
        FROM numbered
    ),
    folded AS (
        SELECT
            argMinIf(account, rank, account != '') AS account,
            argMinIf(region, rank, region != '') AS region,
            any(function) AS function,
            argMinIf(version, rank, version != '') AS version,
            place AS instance,
            any(request_id) AS request_id,
            argMin(message_keys, rank) AS message_keys,
            argMinIf(trace_id, rank, trace_id != toFixedString('', 16)) AS trace_id,
            argMin(span_id, rank) AS span_id,
            argMin(start, rank) AS start,
            argMin(duration_ns, (early, rank)) AS duration_ns,
            argMin(error, (early, not error, rank)) AS error,
            argMinIf(error_kind, (early, rank), error_kind != '') AS error_kind,
            argMinIf(error_type, (early, rank), error_type != '') AS error_type,
            argMinIf(error_message, (early, rank), error_message != '') AS error_message,
            max(cold_start) AS cold_start,
            argMaxIf(init_ms, (source, -rank), init_ms > 0) AS init_ms,
            max(restore_ms) AS restore_ms,
            max(billed_ms) AS billed_ms,
            argMinIf(timeout_ms, rank, timeout_ms > 0) AS timeout_ms,
            argMin(remaining_ms, rank) AS remaining_ms,
            min(early) AS unfinished,
            argMaxIf(memory_size_bytes, (source, -rank), memory_size_bytes > 0) AS memory_size_bytes,
            argMaxIf(memory_used_bytes, (source, -rank), memory_used_bytes > 0) AS memory_used_bytes,
            argMinIf(trigger, rank, trigger != '') AS trigger,
            argMinIf(trigger_source, rank, trigger_source != '') AS trigger_source,
            max(attempt) AS attempt,
            max(waited_ms) AS waited_ms,
            if(countIf(source = 'report') > 0, 1, max(stands_for)) AS stands_for,
            groupBitOr(bitShiftLeft(toUInt8(1), toUInt8(source))) AS sources,
            max(batch) AS revision,
            sign
        FROM (SELECT *, source IN ('early', 'start') AS early FROM placed) -- told before the end
        GROUP BY sign, key, number, place
    )
SELECT account, region, function, version, instance, request_id, message_keys, trace_id, span_id, start, duration_ns,
    error, if(error, error_kind, '') AS error_kind, if(error, if(error_type = '', 'unknown', error_type), '') AS error_type,
    if(error, error_message, '') AS error_message,
    cold_start, init_ms, restore_ms, billed_ms, timeout_ms, remaining_ms, unfinished,
    memory_size_bytes, memory_used_bytes, trigger, trigger_source, attempt, waited_ms, stands_for, sources,
    revision, sum(folded.sign) AS sign
FROM folded
GROUP BY ALL
HAVING sign != 0 AND sources != bitShiftLeft(toUInt8(1), 6) -- that it has begun is not enough
