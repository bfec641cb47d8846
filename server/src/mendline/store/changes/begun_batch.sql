-- A batch of the spool with these borders is stored next.
INSERT INTO batches (first, end, few_bytes)
SELECT {first:UInt64}, {end:UInt64}, {few_bytes:UInt64}
