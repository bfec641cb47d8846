-- Whether nothing is stored: neither spans nor records nor points, nor invocations that only a report tells of.
SELECT (SELECT count() FROM spans) + (SELECT count() FROM logs) + (SELECT count() FROM metrics)
    + (SELECT count() FROM invocations) = 0 AS nothing
