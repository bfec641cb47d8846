-- What is seldom sent, kept so that what is not sent takes no room: of events and links one item each, in their order,
-- or none where there is nothing to tell; of the scope a JSON text with attributes, attribute_types, schema_url and
-- dropped_attributes, or an empty one. `dropped` counts what the sender left out.
ALTER TABLE spans
    ADD COLUMN IF NOT EXISTS scope_details LowCardinality(String),
    ADD COLUMN IF NOT EXISTS event_details Array(Tuple(attribute_types LowCardinality(String), dropped_attributes UInt32)),
    ADD COLUMN IF NOT EXISTS link_details Array(Tuple(trace_state String, flags UInt32,
        attribute_types LowCardinality(String), dropped_attributes UInt32)),
    ADD COLUMN IF NOT EXISTS dropped Tuple(attributes UInt32, events UInt32, links UInt32)
