-- In which minutes those traces have spans, and about how many.
SELECT
  min(t0) AS first,
  max(t1) AS last,
  (SELECT count() FROM spans WHERE $minutes AND ts BETWEEN $oldest AND $newest) AS spans
FROM trace_time
WHERE trace_lo IN (SELECT trace_lo FROM spans WHERE $minutes AND ts BETWEEN $oldest AND $newest)
