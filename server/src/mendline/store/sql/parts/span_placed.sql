-- When a span `s` began, and whether that, or its end, cannot be.
    fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received,
    fromUnixTimestamp64Nano(reinterpretAsInt64(s.start_time_unix_nano)) AS sent_start,
    sent_start < received - INTERVAL {RETENTION_DAYS} DAY OR sent_start > received + INTERVAL 10 MINUTE AS outside,
    if(s.end_time_unix_nano > s.start_time_unix_nano, s.end_time_unix_nano - s.start_time_unix_nano, 0) AS lasted_ns,
    -- such a length would spoil every sum it is in: an end that has not come, or longer than anything is kept
    lasted_ns > {RETENTION_DAYS} * 86400 * 1000000000
        OR NOT outside AND s.end_time_unix_nano > received_ns + 600 * 1000000000 AS endless,
    arrayFilter(l -> length(l.trace_id) = 16 AND length(l.span_id) = 8, s.links) AS linked
