-- Every execution of one request id (or the one span with this id), oldest first: its n-th row is attempt n.
WITH
    page AS (
        SELECT *, execution, event_keys
        FROM invocations
        WHERE if({by_span:Bool}, request_id = '' AND lower(hex(invocations.span_id)) = {id:String},
                request_id = {id:String})
            AND sign = 1 AND (execution, revision) NOT IN (
                SELECT execution, revision FROM invocations
                WHERE sign = -1 AND if({by_span:Bool}, request_id = '', request_id = {id:String}))
        ORDER BY start, execution
        LIMIT 1000
    ),
{PART(invocation_details)}
ORDER BY start_ns, execution
