-- In which minutes each of these traces has spans.
SELECT trace_lo, min(t0) AS t0, max(t1) AS t1
FROM trace_time
WHERE trace_lo IN ($ids)
GROUP BY trace_lo
SETTINGS max_threads = 1
