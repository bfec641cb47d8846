-- How many executions one stands for, as the sampling of whose span tells that is not our agent's; most stand for themselves.
ALTER TABLE execution_halves ADD COLUMN IF NOT EXISTS stands_for UInt32 DEFAULT 1
