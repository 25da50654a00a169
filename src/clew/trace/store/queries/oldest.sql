-- The traces that began first, undated ones before all, until they have $excess spans together.
SELECT trace_lo
FROM (
  SELECT
    trace_lo,
    minIf(ts, ts != 0) AS begin,
    count() AS spans_of_trace,
    sum(spans_of_trace) OVER (ORDER BY begin, trace_lo) - spans_of_trace AS before
  FROM spans
  GROUP BY trace_lo
)
WHERE before < $excess
