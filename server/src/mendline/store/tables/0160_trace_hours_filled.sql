-- The hours of what was stored before they were kept; told as often as there are spans, until parts are merged.
INSERT INTO trace_hours SELECT toUInt32(cityHash64(trace_id)) AS trace, toStartOfHour(start) AS hour FROM spans
SETTINGS max_partitions_per_insert_block = 0
