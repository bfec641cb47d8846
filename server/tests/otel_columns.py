"""Columns and types of the tables of the OpenTelemetry Collector's ClickHouse exporter."""

MAP = "Map(LowCardinality(String), String)"
POINT = {
    "ResourceAttributes": MAP, "ResourceSchemaUrl": "String", "ScopeName": "String", "ScopeVersion": "String",
    "ScopeAttributes": MAP, "ScopeDroppedAttrCount": "UInt32", "ScopeSchemaUrl": "String",
    "ServiceName": "LowCardinality(String)", "MetricDescription": "String", "Attributes": MAP,
    "StartTimeUnix": "DateTime64(9)", "TimeUnix": "DateTime64(9)", "Flags": "UInt32",
}  # fmt: skip
EXEMPLARS = {
    "Exemplars.FilteredAttributes": f"Array({MAP})", "Exemplars.TimeUnix": "Array(DateTime64(9))",
    "Exemplars.Value": "Array(Float64)", "Exemplars.SpanId": "Array(String)", "Exemplars.TraceId": "Array(String)",
}  # fmt: skip
# Columns and types: opentelemetry-collector-contrib, exporter/clickhouseexporter/internal/sqltemplates
COLUMNS = {
    "otel_traces": {
        "Timestamp": "DateTime64(9)", "TraceId": "String", "SpanId": "String", "ParentSpanId": "String",
        "TraceState": "String", "SpanName": "LowCardinality(String)", "SpanKind": "LowCardinality(String)",
        "ServiceName": "LowCardinality(String)", "ResourceAttributes": MAP, "ScopeName": "String",
        "ScopeVersion": "String", "SpanAttributes": MAP, "Duration": "UInt64",
        "StatusCode": "LowCardinality(String)", "StatusMessage": "String", "Events.Timestamp": "Array(DateTime64(9))",
        "Events.Name": "Array(LowCardinality(String))", "Events.Attributes": f"Array({MAP})",
        "Links.TraceId": "Array(String)", "Links.SpanId": "Array(String)", "Links.TraceState": "Array(String)",
        "Links.Attributes": f"Array({MAP})",
    },
    "otel_logs": {
        "Timestamp": "DateTime64(9)", "TimestampTime": "DateTime", "TraceId": "String", "SpanId": "String",
        "TraceFlags": "UInt8", "SeverityText": "LowCardinality(String)", "SeverityNumber": "UInt8",
        "ServiceName": "LowCardinality(String)", "Body": "String", "ResourceSchemaUrl": "LowCardinality(String)",
        "ResourceAttributes": MAP, "ScopeSchemaUrl": "LowCardinality(String)", "ScopeName": "String",
        "ScopeVersion": "LowCardinality(String)", "ScopeAttributes": MAP, "LogAttributes": MAP, "EventName": "String",
    },
    "otel_metrics_gauge": {**POINT, **EXEMPLARS, "Value": "Float64"},
    "otel_metrics_sum": {**POINT, **EXEMPLARS, "Value": "Float64", "AggregationTemporality": "Int32",
                         "IsMonotonic": "Bool"},
    "otel_metrics_histogram": {**POINT, **EXEMPLARS, "Count": "UInt64", "Sum": "Float64",
                               "BucketCounts": "Array(UInt64)", "ExplicitBounds": "Array(Float64)", "Min": "Float64",
                               "Max": "Float64", "AggregationTemporality": "Int32"},
    "otel_metrics_exponential_histogram": {
        **POINT, **EXEMPLARS, "Count": "UInt64", "Sum": "Float64", "Scale": "Int32", "ZeroCount": "UInt64",
        "PositiveOffset": "Int32", "PositiveBucketCounts": "Array(UInt64)", "NegativeOffset": "Int32",
        "NegativeBucketCounts": "Array(UInt64)", "Min": "Float64", "Max": "Float64", "AggregationTemporality": "Int32",
    },
    "otel_metrics_summary": {**POINT, "Count": "UInt64", "Sum": "Float64",
                             "ValueAtQuantiles.Quantile": "Array(Float64)", "ValueAtQuantiles.Value": "Array(Float64)"},
}  # fmt: skip
