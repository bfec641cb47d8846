-- A read of invocations leaves out granules that have none. Days from before this step are read without.
ALTER TABLE spans ADD INDEX IF NOT EXISTS functions function TYPE set(2) GRANULARITY 1
