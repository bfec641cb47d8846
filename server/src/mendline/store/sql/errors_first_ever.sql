-- When the first of all errors that are kept happened, of those fingerprints of which some are from before the range.
SELECT leftPad(lower(hex(errors.fingerprint)), 16, '0') AS fingerprint, toUnixTimestamp64Nano(min(time)) AS first_ever_ns
FROM errors
WHERE errors.fingerprint IN {fingerprints:Array(UInt64)} AND time < fromUnixTimestamp64Nano({start_ns:Int64})
GROUP BY errors.fingerprint
