-- The exemplars of a data point `p`.
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)),
        if(e.value = 'as_int', toFloat64(e.as_int), e.as_double), toFixedString(if(length(e.trace_id) = 16, e.trace_id, ''), 16),
        toFixedString(if(length(e.span_id) = 8, e.span_id, ''), 8), {MAP(e.filtered_attributes)}), p.exemplars) AS exemplars,
    if(arrayExists(d -> d.1 OR d.3 != '', of_exemplars), of_exemplars, []) AS exemplar_details
