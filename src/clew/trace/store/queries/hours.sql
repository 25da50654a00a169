-- What is filed under each hour now, so that any change shows: how many spans, and which traces go
-- beyond it.
SELECT hour, sum(spans_of_hour) AS spans, groupBitXor(trace) AS roaming
FROM (
  SELECT intDiv(bucket, 60) AS hour, count() AS spans_of_hour, toUInt64(0) AS trace
  FROM spans
  WHERE intDiv(bucket, 60) BETWEEN $first AND $last
  GROUP BY hour
  UNION ALL
  SELECT arrayJoin([begin, end]) AS hour, toUInt64(0) AS spans_of_hour, sipHash64(trace_lo) AS trace
  FROM (
    SELECT trace_lo, intDiv(min(t0), 60) AS begin, intDiv(max(t1), 60) AS end
    FROM trace_time
    GROUP BY trace_lo
    HAVING begin != end
  )
  WHERE hour BETWEEN $first AND $last
)
GROUP BY hour
HAVING spans > 0
ORDER BY hour
