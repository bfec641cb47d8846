-- When a data point `p` was sent, and whether that cannot be.
    fromUnixTimestamp64Nano(reinterpretAsInt64(p.time_unix_nano)) AS sent,
    p.time_unix_nano = 0 OR sent < received - INTERVAL {RETENTION_DAYS} DAY OR sent > received + INTERVAL 10 MINUTE AS outside
