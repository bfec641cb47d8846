-- What changed in the range, newest first; an empty name is everything, with a name it is one function.
SELECT account, region, type, name, kind, version, before, after, time_ns
FROM (
{PART(changes_told)}
)
WHERE {name:String} = '' OR (account, region, type, name) = ({account:String}, {region:String}, 'lambda', {name:String})
ORDER BY time_ns DESC, type, name, kind
LIMIT {limit:UInt32}
