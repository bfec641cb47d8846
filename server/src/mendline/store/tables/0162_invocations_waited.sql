-- As of its halves.
ALTER TABLE invocations ADD COLUMN IF NOT EXISTS waited_ms Float64
