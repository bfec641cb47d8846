-- Let go of the parts that merges replaced, when they are old enough.
SYSTEM START CLEANUP
