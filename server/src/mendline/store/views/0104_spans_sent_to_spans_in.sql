-- The same of spans that Python flattened: their attributes are texts already.
CREATE MATERIALIZED VIEW spans_sent_to_spans_in TO spans_in AS
WITH
{PART(span_placed)},
    arrayMap(e -> (e.attribute_types, e.dropped_attributes_count), s.events) AS of_events,
    arrayMap(l -> (l.trace_state, l.flags, l.attribute_types, l.dropped_attributes_count), linked) AS of_links
SELECT
{PART(resource_hashed)}
{PART(span_told)}
    s.attributes AS attributes,
    s.attribute_types AS attribute_types,
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)), e.name, e.attributes), s.events) AS events,
    arrayMap(l -> (toFixedString(l.trace_id, 16), toFixedString(l.span_id, 8), l.attributes), linked) AS links
FROM spans_sent AS s
