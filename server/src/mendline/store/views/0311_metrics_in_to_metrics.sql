-- Every data point of a batch.
CREATE MATERIALIZED VIEW metrics_in_to_metrics TO metrics AS
SELECT name, kind, resource['service.name'] AS service, resource_id, scope_name, scope_version, scope_details,
    attributes, attribute_types, series,
    start, time, placed_at_receipt, value, integer, is_integer, count, sum, min, max, bounds, counts,
    scale, zero_count, zero_threshold, positive_offset, positive_counts, negative_offset, negative_counts,
    quantiles, temporality, monotonic, flags, exemplars, exemplar_details
FROM metrics_in
