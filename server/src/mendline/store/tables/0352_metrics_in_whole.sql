-- What is seldom sent, before it is kept; columns as in 0152, 0354 and 0355.
ALTER TABLE metrics_in
    ADD COLUMN IF NOT EXISTS resource_types String, ADD COLUMN IF NOT EXISTS resource_schema_url String,
    ADD COLUMN IF NOT EXISTS resource_dropped UInt32,
    ADD COLUMN IF NOT EXISTS scope_details LowCardinality(String),
    ADD COLUMN IF NOT EXISTS attribute_types LowCardinality(String),
    ADD COLUMN IF NOT EXISTS exemplar_details Array(Tuple(is_integer Bool, integer Int64, attribute_types LowCardinality(String))),
    ADD COLUMN IF NOT EXISTS metadata Map(LowCardinality(String), String), ADD COLUMN IF NOT EXISTS metadata_types String
