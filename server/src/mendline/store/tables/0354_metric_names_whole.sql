-- What is told of a metric beside unit and description; types as in spans.
ALTER TABLE metric_names
    ADD COLUMN IF NOT EXISTS metadata Map(LowCardinality(String), String), ADD COLUMN IF NOT EXISTS metadata_types String
