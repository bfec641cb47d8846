-- Resources of messages that a trace sent and that nothing took within 5 minutes.
arrayMap(sent -> sent.2, arrayFilter(sent -> NOT has(groupUniqArray(parent), sent.1),
    groupArrayIf(1000)((span_id, concat(resource_type, ' ', resource_name)), kind = 4 AND status != 2
        AND start < fromUnixTimestamp64Nano({end_ns:Int64}) - INTERVAL 5 MINUTE)))
