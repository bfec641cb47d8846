-- What is seldom sent, before points are spread; columns as in 0152, 0354 and 0355.
ALTER TABLE metrics_flat
    ADD COLUMN IF NOT EXISTS resource_types String, ADD COLUMN IF NOT EXISTS resource_schema_url String,
    ADD COLUMN IF NOT EXISTS resource_dropped UInt32,
    ADD COLUMN IF NOT EXISTS scope_details LowCardinality(String),
    ADD COLUMN IF NOT EXISTS resource_id UInt64,
    ADD COLUMN IF NOT EXISTS metadata Map(LowCardinality(String), String), ADD COLUMN IF NOT EXISTS metadata_types String
