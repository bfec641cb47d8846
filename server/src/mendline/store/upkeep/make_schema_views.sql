-- Which views were made last, and of which text.
CREATE TABLE IF NOT EXISTS schema_views (name String, digest String, applied DateTime64(6) DEFAULT now64(6))
ENGINE = ReplacingMergeTree(applied) ORDER BY name
