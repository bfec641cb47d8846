-- Begin no more merges, and leave those that run.
SYSTEM STOP MERGES
