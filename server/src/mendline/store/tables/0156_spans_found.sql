-- What a query for a value of an attribute leaves out: granules in which no attribute has it, whose resources do not have
-- it either, or that have no invocations. Days from before this step are read without.
ALTER TABLE spans
    ADD INDEX IF NOT EXISTS attribute_items {PART(attribute_items)} TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS resource_ids resource_id TYPE bloom_filter(0.01) GRANULARITY 1,
    ADD INDEX IF NOT EXISTS functions function TYPE set(2) GRANULARITY 1
