-- When a log record `l` was written, and whether that cannot be.
    fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received_at,
    fromUnixTimestamp64Nano(reinterpretAsInt64(multiIf(
        l.time_unix_nano != 0, l.time_unix_nano,
        l.observed_time_unix_nano != 0, l.observed_time_unix_nano, received_ns))) AS sent,
    sent < received_at - INTERVAL {RETENTION_DAYS} DAY OR sent > received_at + INTERVAL 10 MINUTE AS outside
