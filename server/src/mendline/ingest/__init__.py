"""What comes in: inflate within bounds, check on the wire, spool durably, and one writer that drains into the store."""
