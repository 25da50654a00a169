-- The spans of traces whose minutes are known. One thread: a trace is a few granules.
SELECT $columns
FROM spans
WHERE $which
ORDER BY ts, id, shared
SETTINGS max_threads = 1
