-- Up to how many bytes a batch that was begun is made rows by Python (store/sent): a repeat goes the same way, since what
-- went another counts anew. What began before this column was decoded by ClickHouse.
ALTER TABLE batches ADD COLUMN IF NOT EXISTS few_bytes UInt64 DEFAULT 0
