-- All of a log record.
    toUnixTimestamp64Nano(time) AS time_ns, toUnixTimestamp64Nano(observed) AS observed_ns,
    severity_number, severity_text, body, body_type, service, function, instance, request_id,
    if(trace_id = toFixedString('', 16), '', lower(hex(trace_id))) AS trace_id,
    if(span_id = toFixedString('', 8), '', lower(hex(span_id))) AS span_id, flags,
    event_name, platform, scope_name, scope_version, scope_details, toString(resource_id) AS resource_id,
    placed_at_receipt, attributes, attribute_types, dropped_attributes
