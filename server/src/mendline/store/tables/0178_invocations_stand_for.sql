-- As of its halves; one of which the platform's report tells stands for itself, since it tells of those beside, too.
ALTER TABLE invocations ADD COLUMN IF NOT EXISTS stands_for UInt32 DEFAULT 1
