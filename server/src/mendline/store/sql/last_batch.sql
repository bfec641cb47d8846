-- The borders of the last batch of the spool that was begun.
SELECT first, end FROM batches ORDER BY end DESC LIMIT 1
