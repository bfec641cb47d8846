-- What is seldom sent, before it is spread; columns as in 0152 and 0153.
ALTER TABLE spans_in
    ADD COLUMN IF NOT EXISTS resource_types String, ADD COLUMN IF NOT EXISTS resource_schema_url String,
    ADD COLUMN IF NOT EXISTS resource_dropped UInt32,
    ADD COLUMN IF NOT EXISTS scope_details LowCardinality(String),
    ADD COLUMN IF NOT EXISTS event_details Array(Tuple(attribute_types LowCardinality(String), dropped_attributes UInt32)),
    ADD COLUMN IF NOT EXISTS link_details Array(Tuple(trace_state String, flags UInt32,
        attribute_types LowCardinality(String), dropped_attributes UInt32)),
    ADD COLUMN IF NOT EXISTS dropped Tuple(attributes UInt32, events UInt32, links UInt32)
