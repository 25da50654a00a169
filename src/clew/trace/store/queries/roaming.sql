-- Traces that belong to no hour alone: filed in several, or with a start in another than they are
-- filed in.
trace_lo IN (
  SELECT trace_lo
  FROM trace_time
  GROUP BY trace_lo
  HAVING intDiv(min(t0), 60) != intDiv(max(t1), 60)
)
OR trace_lo IN (
  SELECT trace_lo
  FROM spans
  WHERE bucket IN (SELECT bucket FROM displaced)
    AND ts > 0
    AND intDiv(ts, 3600000000) != intDiv(bucket, 60)
)
