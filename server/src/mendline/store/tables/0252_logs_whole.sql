-- What is seldom sent: `scope_details` as in spans; `body_type` is that of a body that was no text.
ALTER TABLE logs
    ADD COLUMN IF NOT EXISTS scope_details LowCardinality(String),
    ADD COLUMN IF NOT EXISTS body_type LowCardinality(String), ADD COLUMN IF NOT EXISTS dropped_attributes UInt32
