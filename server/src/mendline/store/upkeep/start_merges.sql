-- Merge again.
SYSTEM START MERGES
