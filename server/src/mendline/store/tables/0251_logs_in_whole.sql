-- What is seldom sent, before it is spread; columns as in 0152 and 0252.
ALTER TABLE logs_in
    ADD COLUMN IF NOT EXISTS resource_types String, ADD COLUMN IF NOT EXISTS resource_schema_url String,
    ADD COLUMN IF NOT EXISTS resource_dropped UInt32,
    ADD COLUMN IF NOT EXISTS scope_details LowCardinality(String),
    ADD COLUMN IF NOT EXISTS body_type LowCardinality(String), ADD COLUMN IF NOT EXISTS dropped_attributes UInt32
