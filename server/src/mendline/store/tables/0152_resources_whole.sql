-- `attribute_types` as in spans; how many attributes the sender dropped.
ALTER TABLE resources
    ADD COLUMN IF NOT EXISTS attribute_types String, ADD COLUMN IF NOT EXISTS schema_url String,
    ADD COLUMN IF NOT EXISTS dropped_attributes UInt32
