-- Flatten what each scope sent to data points, once. Points of all kinds have one type (store/otlp_points.py), so that they
-- go one way: a view for each kind took 5 times as long to analyse, at every insert.
CREATE MATERIALIZED VIEW metrics_flat_to_metrics_in TO metrics_in AS
WITH
{PART(point_placed)},
    arrayMap(e -> (e.value = 'as_int', e.as_int, {TYPES(e.filtered_attributes)}), p.exemplars) AS of_exemplars
SELECT resource_id,
{PART(point_told)}
    {MAP(p.attributes)} AS attributes, {TYPES(p.attributes)} AS attribute_types,
    p.value = 'as_int' AS is_integer, if(is_integer, p.as_int, 0) AS integer,
    if(is_integer, toFloat64(p.as_int), p.as_double) AS value,
    if(kind = 'summary', ifNull(p.sum, 0), p.sum) AS sum,
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)),
        if(e.value = 'as_int', toFloat64(e.as_int), e.as_double), toFixedString(if(length(e.trace_id) = 16, e.trace_id, ''), 16),
        toFixedString(if(length(e.span_id) = 8, e.span_id, ''), 8), {MAP(e.filtered_attributes)}), p.exemplars) AS exemplars
FROM (
    SELECT fromUnixTimestamp64Nano(reinterpretAsInt64(received_ns)) AS received,
        resource, resource_types, resource_schema_url, resource_dropped, resource_id,
        scope_name, scope_version, scope_details,
        name, description, unit, {MAP(sent_metadata)} AS metadata, {TYPES(sent_metadata)} AS metadata_types,
        multiIf(notEmpty(gauge), 'gauge', notEmpty(sum_points), 'sum', notEmpty(histogram), 'histogram',
            notEmpty(exponential_histogram), 'exponential_histogram', 'summary') AS kind,
        of_sum + of_histogram + of_exponential_histogram AS sent_temporality, monotonic,
        arrayConcat(gauge, sum_points, histogram, exponential_histogram, summary) AS points
    FROM metrics_flat ARRAY JOIN
        metrics.name AS name, metrics.description AS description, metrics.unit AS unit,
        metrics.metadata AS sent_metadata,
        metrics.gauge.data_points AS gauge,
        metrics.sum.data_points AS sum_points, metrics.sum.aggregation_temporality AS of_sum,
        metrics.sum.is_monotonic AS monotonic,
        metrics.histogram.data_points AS histogram, metrics.histogram.aggregation_temporality AS of_histogram,
        metrics.exponential_histogram.data_points AS exponential_histogram,
        metrics.exponential_histogram.aggregation_temporality AS of_exponential_histogram,
        metrics.summary.data_points AS summary
) ARRAY JOIN points AS p
