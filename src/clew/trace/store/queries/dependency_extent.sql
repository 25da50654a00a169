-- In which minutes these traces have spans, and about how many spans of the window are theirs.
SELECT min(t0) AS first, max(t1) AS last, (SELECT count() FROM ($traces)) AS spans
FROM trace_time
WHERE trace_lo IN ($traces)
