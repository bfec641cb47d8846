-- One row per span with what more than one table says of it; types of columns as in spans_in, spans. Nothing is kept.
CREATE TABLE IF NOT EXISTS spans_told ENGINE = Null EMPTY AS
SELECT * FROM spans_in, (
    SELECT service, placed_at_receipt AS invoked, function, resource_type, resource_name, operation,
        arrayElement(events.attributes, 1) AS exception, status_message AS error_type, error_kind
    FROM spans
) AS told
