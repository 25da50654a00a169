-- Traces whose time lies in this step and each of whose conditions some span meets, in order.
SELECT
  $high AS hi,
  trace_lo,
  minIf(ts, ts > 0 AND parent_id = 0) AS root,
  minIf(ts, ts > 0) AS first,
  if(root > 0, root, first) AS time,
  toUInt64($rank) AS rank
FROM spans
WHERE $minutes AND $conditions
GROUP BY hi, trace_lo
HAVING time BETWEEN $oldest AND $newest AND (rank, time, hi, trace_lo) < $after
ORDER BY rank DESC, time DESC, hi DESC, trace_lo DESC
LIMIT $limit
-- numbers in tags are read to the last digit
SETTINGS precise_float_parsing = 1
