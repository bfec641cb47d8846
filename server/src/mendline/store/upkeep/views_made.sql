-- The views that are there, with the digest of their text.
SELECT name, argMax(digest, applied) AS last FROM schema_views GROUP BY name HAVING last != ''
