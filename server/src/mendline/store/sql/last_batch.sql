-- The borders of the last batch of the spool that was begun, and what was then few.
SELECT first, end, few_bytes FROM batches ORDER BY end DESC LIMIT 1
