-- Keep the parts that merges replaced.
SYSTEM STOP CLEANUP
