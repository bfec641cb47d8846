-- When a function was last invoked, however long ago within the retention.
SELECT sum(sign) AS invocations, toUnixTimestamp64Nano(max(start)) AS last_invoked_ns
FROM invocations
WHERE (account, region, function) = ({account:String}, {region:String}, {name:String})
