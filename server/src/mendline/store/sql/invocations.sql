-- Invocations of one function, newest or slowest first.
WITH
    page AS (
        SELECT *, execution, event_keys
        FROM invocations
        WHERE start >= fromUnixTimestamp64Nano({start_ns:Int64}) AND start < fromUnixTimestamp64Nano({end_ns:Int64})
            AND (account, region, function) = ({account:String}, {region:String}, {name:String})
            AND (NOT {only_errors:Bool} OR error)
            AND {CURRENT}
        ORDER BY if({slowest:Bool}, duration_ns, 0) DESC, start DESC, execution
        LIMIT {limit:UInt32} OFFSET {offset:UInt32}
    ),
{PART(invocation_details)}
ORDER BY if({slowest:Bool}, duration_ns, 0) DESC, start_ns DESC, execution
