-- When the first invocation that is kept began, to the minute, in seconds; 0 where there is none.
SELECT if(count() = 0, 0, toUnixTimestamp(min(minute))) AS at
FROM function_minutes
