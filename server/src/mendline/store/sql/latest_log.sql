-- When the newest log record was written, and whether there is one at all.
SELECT toUnixTimestamp64Nano(max(time)) AS last_ns, count() AS records FROM logs
