-- clew.trace.query.trace_duration: of roots that began together the longest
if(
  argMinIf(duration, (ts, 18446744073709551615 - duration), ts > 0 AND parent_id = 0) AS taken > 0,
  taken,
  maxIf(toUInt64(ts) + duration, ts > 0) - first
)
