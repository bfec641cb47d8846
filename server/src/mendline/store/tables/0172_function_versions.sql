-- When each version of a function was first invoked on a day (UTC): deployments are read here, and not in invocations.
CREATE TABLE IF NOT EXISTS function_versions (
    account LowCardinality(String), region LowCardinality(String), function LowCardinality(String),
    version LowCardinality(String), day Date, first SimpleAggregateFunction(min, DateTime64(9))
) ENGINE = AggregatingMergeTree
PARTITION BY day ORDER BY (account, region, function, version, day)
SETTINGS non_replicated_deduplication_window = 1000, default_compression_codec = 'ZSTD(1)'
