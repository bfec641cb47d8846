-- The hours of what was stored before they were kept.
INSERT INTO trace_hours SELECT toUInt32(cityHash64(trace_id)) AS trace, toStartOfHour(start) AS hour FROM spans
LIMIT 1 BY trace, hour
SETTINGS max_partitions_per_insert_block = 0
