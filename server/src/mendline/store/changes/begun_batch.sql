-- A batch of the spool with these borders is stored next.
INSERT INTO batches (first, end)
SELECT {first:UInt64}, {end:UInt64}
