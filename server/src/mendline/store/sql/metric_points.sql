-- Points of one metric, newest first.
SELECT
    name, toString(kind) AS kind, service, toUnixTimestamp64Nano(time) AS time_ns, toUnixTimestamp64Nano(start) AS start_ns,
    placed_at_receipt, flags, toString(resource_id) AS resource_id, scope_name, scope_version, scope_details,
    attributes, attribute_types,
    value, integer, is_integer, count, sum AS total, min AS least, max AS largest, bounds, counts,
    arrayMap(q -> (q.quantile, q.value), quantiles) AS quantiles, temporality, monotonic,
    scale, zero_count, zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts,
    arrayMap(e -> (toUnixTimestamp64Nano(e.time), e.value, if(e.trace_id = toFixedString('', 16), '', lower(hex(e.trace_id))),
        if(e.span_id = toFixedString('', 8), '', lower(hex(e.span_id))), e.attributes), exemplars) AS exemplars,
    exemplar_details
FROM metrics
WHERE name = {name:String}
    AND time >= fromUnixTimestamp64Nano({start_ns:Int64}) AND time < fromUnixTimestamp64Nano({end_ns:Int64})
    AND ({service:String} = '' OR service = {service:String})
ORDER BY time DESC, series
LIMIT {limit:UInt32}
