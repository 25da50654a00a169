-- The calls of settled hours. The row without names says that its hour is settled.
SELECT
  parent,
  child,
  sum(calls) AS calls,
  sum(errors) AS errors,
  sumForEach(steps) AS steps,
  max(longest) AS longest
FROM links FINAL
WHERE (hour, spans, roaming) IN ($hours) AND parent != ''
GROUP BY parent, child
