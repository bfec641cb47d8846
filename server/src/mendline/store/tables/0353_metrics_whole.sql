-- What is seldom sent: `scope_details` and `attribute_types` as in spans. Of exemplars one item each, in their order, or
-- none where all are doubles with attributes that are texts; `integer` is exact where is_integer.
ALTER TABLE metrics
    ADD COLUMN IF NOT EXISTS scope_details LowCardinality(String),
    ADD COLUMN IF NOT EXISTS attribute_types LowCardinality(String),
    ADD COLUMN IF NOT EXISTS exemplar_details Array(Tuple(is_integer Bool, integer Int64, attribute_types LowCardinality(String)))
