-- Which traces have a span in the window, and what links are made of in each, whole. Traces that are
-- alike are answered once, with the durations of each: ids are replaced by their place in the trace, since
-- links depend on which spans are each other's parents and not on what they are called. The order
-- of ids does matter where a trace has several roots: there the place is that in the order of ids.
SELECT
  any(kinds) AS kind,
  any(services) AS service,
  any(ipv4s) AS ipv4,
  any(ipv6s) AS ipv6,
  any(ports) AS port,
  any(remote_services) AS remote_service,
  any(shareds) AS shared,
  any(errors) AS error,
  any(ids) AS id,
  any(parents) AS parent_id,
  any(timeds) AS timed,
  groupArray(taken) AS durations
FROM (
  SELECT
    arraySort(groupArray((
      ts, toInt8(kind), service, ipv4, ipv6, port, remote_service, shared, error, spans.id, parent_id,
      duration
    ))) AS all,
    arrayMap(s -> s.2, all) AS kinds,
    arrayMap(s -> s.3, all) AS services,
    arrayMap(s -> s.4, all) AS ipv4s,
    arrayMap(s -> s.5, all) AS ipv6s,
    arrayMap(s -> s.6, all) AS ports,
    arrayMap(s -> s.7, all) AS remote_services,
    arrayMap(s -> s.8, all) AS shareds,
    arrayMap(s -> s.9, all) AS errors,
    arrayMap(s -> s.10, all) AS own,
    arrayMap(s -> s.11, all) AS above,
    arrayMap(s -> s.12, all) AS taken,
    arrayMap(duration -> duration > 0, taken) AS timeds,
    if(countIf(parent_id = 0 AND NOT shared) > 1, arraySort(own), own) AS ordered,
    arrayEnumerateDense(arrayConcat(ordered, own, above)) AS places,
    arraySlice(places, length(all) + 1, length(all)) AS ids,
    arrayMax(ids) AS last,
    arrayMap(
      (place, id) -> if(id = 0, 0, least(place, last + 1)),
      arraySlice(places, 2 * length(all) + 1), above
    ) AS parents
  FROM spans
  WHERE bucket BETWEEN $first AND $last
    AND trace_lo % $parts = $part
    AND trace_lo IN ($traces)
  GROUP BY trace_lo
)
GROUP BY sipHash128(
  kinds, services, ipv4s, ipv6s, ports, remote_services, shareds, errors, ids, parents,
  timeds
)
