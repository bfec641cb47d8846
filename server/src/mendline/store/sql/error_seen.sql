-- When one error, by its fingerprint, last happened, and how often it is kept at all.
SELECT count() AS count, toUnixTimestamp64Nano(max(time)) AS last_ns
FROM errors
WHERE fingerprint = reinterpretAsUInt64(reverse(unhex({fingerprint:String})))
