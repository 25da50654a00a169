-- What links are made of, for every trace that has a span in the window, whole; a part at a time.
SELECT trace_lo, id, parent_id, kind, ts, service, ipv4, ipv6, port, remote_service, shared, error
FROM spans
WHERE bucket BETWEEN $first AND $last
  AND trace_lo % $parts = $part
  AND trace_lo IN (SELECT trace_lo FROM spans WHERE $minutes AND ts BETWEEN $oldest AND $newest)
ORDER BY trace_lo
