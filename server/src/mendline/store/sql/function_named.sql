-- Where functions of a name run, as far back as invocations are kept.
SELECT DISTINCT account, region
FROM function_minutes
WHERE function = {name:String}
ORDER BY account, region
