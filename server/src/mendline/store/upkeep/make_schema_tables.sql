-- Which tables were made, by the numbers of their files.
CREATE TABLE IF NOT EXISTS schema_tables (number UInt32, name String, applied DateTime DEFAULT now())
ENGINE = MergeTree ORDER BY number
