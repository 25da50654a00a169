-- Traces with a span that starts in this window, of those that are asked for.
SELECT trace_lo
FROM spans
WHERE $minutes AND ts BETWEEN $oldest AND $newest AND ($which)
