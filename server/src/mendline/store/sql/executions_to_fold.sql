-- Whether of any execution of a batch more than one half is known. Only the key is read: this is asked for every batch.
WITH
{PART(hours_near)}
SELECT count() > uniqExact(key) AS some FROM execution_halves
WHERE (toStartOfHour(start), key) IN (SELECT hour, key FROM hours) AND batch < {end:UInt64}
