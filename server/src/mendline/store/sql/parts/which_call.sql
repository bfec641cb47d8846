-- Which call a span is a try of, and how often that had been tried before (OpenTelemetry: HTTP spans, resend count).
    cityHash64(parent_id, service, resource_type, resource_name, operation, name) AS call,
    toUInt64(toUInt16OrZero(attributes['http.request.resend_count'])) AS resent
