-- The platform's line that an execution has begun, where it alone tells the X-Ray trace. It makes no invocation by itself.
ALTER TABLE execution_halves MODIFY COLUMN
    source Enum8('span' = 1, 'early' = 2, 'report' = 3, 'exit' = 4, 'timeout' = 5, 'start' = 6)
