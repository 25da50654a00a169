-- Traces whose time lies in this step and each of whose conditions some span meets, newest first.
SELECT
  $high AS hi,
  trace_lo,
  minIf(ts, ts > 0 AND parent_id = 0) AS root,
  minIf(ts, ts > 0) AS first,
  if(root > 0, root, first) AS time
FROM spans
WHERE $minutes $conditions
GROUP BY hi, trace_lo
HAVING time BETWEEN $oldest AND $newest AND (time, hi, trace_lo) < ($time, $hi, $lo)
ORDER BY time DESC, hi DESC, trace_lo DESC
LIMIT $limit
