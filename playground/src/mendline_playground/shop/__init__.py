"""A small shop on Lambda: an HTTP entry, a queue, a topic, tables, and third parties that misbehave at times."""
