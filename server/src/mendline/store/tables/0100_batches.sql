-- The batches of the spool that were begun, of which merges keep the last: what the journal of the spool says, said once
-- more where no damage to the spool reaches it. A batch is written here before anything of it is stored.
CREATE TABLE IF NOT EXISTS batches (
    of LowCardinality(String) DEFAULT 'spool', first UInt64, end UInt64
) ENGINE = ReplacingMergeTree(end) ORDER BY of
