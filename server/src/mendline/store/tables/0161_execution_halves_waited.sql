-- How long an execution's message lay waiting before it began; 0 where nothing tells when it was sent.
ALTER TABLE execution_halves ADD COLUMN IF NOT EXISTS waited_ms Float64
