-- Of each function whose timeout is known: how long executions took that ended by themselves and well, how many timed out and
-- what these cost, and for each of {values} (ms): how many good ones took longer, and what failing ones would have been
-- spared. (Lists are made of the few rows alone that add to them; without any they are empty.)
WITH
    {TIMED_OUT} AS is_timeout,
    r.duration_ns / 1e6 AS ms,
    ifNull({COST}, 0) AS price
SELECT r.account AS account, r.region AS region, r.function AS name, argMax(r.timeout_ms, r.start) AS timeout,
    count() AS executions, countIf(NOT r.error AND NOT is_timeout) AS good,
    quantilesExactInclusiveIf(0.5, 0.99, 0.999)(ms, NOT r.error AND NOT is_timeout) AS good_ms,
    maxIf(ms, NOT r.error AND NOT is_timeout) AS longest_ms, countIf(is_timeout) AS timeouts,
    sumIf(price, is_timeout) AS timeouts_usd, sumIf(ms, is_timeout) AS waited_ms,
    countIf(NOT is_timeout AND r.timeout_ms > 0 AND ms > 0.8 * r.timeout_ms) AS near,
    toUnixTimestamp64Nano(minIf(r.start, is_timeout)) AS first_timeout_ns,
    toUnixTimestamp64Nano(minIf(r.start, NOT is_timeout AND r.timeout_ms > 0 AND ms > 0.8 * r.timeout_ms)) AS first_near_ns,
    sumForEach(if(NOT r.error AND NOT is_timeout AND ms > {values:Array(Float64)}[1],
        arrayMap(value -> toUInt64(ms > value), {values:Array(Float64)}), [])) AS cut,
    sumForEach(if(is_timeout, arrayMap(value -> greatest(0, ms - value), {values:Array(Float64)}), [])) AS spared_ms,
    sumForEach(if(is_timeout,
        arrayMap(value -> ifNull(price * greatest(0, ms - value) / nullIf(ms, 0), 0), {values:Array(Float64)}), []))
        AS spared_usd,
    arrayMap(id -> lower(hex(id)), groupUniqArrayIf(20)(r.trace_id, is_timeout)) AS traces
FROM invocations AS r
WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64}) AND {CURRENT}
GROUP BY r.account, r.region, r.function
HAVING timeout > 0
ORDER BY timeouts DESC, executions DESC, name
LIMIT 5000
