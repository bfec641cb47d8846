-- Flatten what each scope sent to spans, once; what keeps spans reads from spans_in.
CREATE MATERIALIZED VIEW traces_flat_to_spans_in TO spans_in AS
WITH
{PART(span_placed)},
    arrayMap(e -> ({TYPES(e.attributes)}, e.dropped_attributes_count), s.events) AS of_events,
    arrayMap(l -> (l.trace_state, l.flags, {TYPES(l.attributes)}, l.dropped_attributes_count), linked) AS of_links
SELECT resource_id,
{PART(span_told)}
    {MAP(s.attributes)} AS attributes,
    {TYPES(s.attributes)} AS attribute_types,
    arrayMap(e -> (fromUnixTimestamp64Nano(reinterpretAsInt64(e.time_unix_nano)), e.name, {MAP(e.attributes)}), s.events) AS events,
    arrayMap(l -> (toFixedString(l.trace_id, 16), toFixedString(l.span_id, 8), {MAP(l.attributes)}), linked) AS links
FROM traces_flat ARRAY JOIN spans AS s
