-- Everything that the store keeps. Each statement may run again on a store that has it already.
-- Every table that an insert reaches, directly or through a view, remembers insert tokens, so that an
-- insert that is tried again fills what is missing and doubles nothing; and every one is partitioned
-- by day, so that retention is dropping partitions.

CREATE TABLE IF NOT EXISTS spans$local $on (
  trace_hi UInt64 CODEC(ZSTD(1)),
  trace_lo UInt64 CODEC(ZSTD(1)),
  id UInt64 CODEC(ZSTD(1)),
  parent_id UInt64 CODEC(ZSTD(1)),
  kind Enum8('' = 0, 'CLIENT' = 1, 'SERVER' = 2, 'PRODUCER' = 3, 'CONSUMER' = 4),
  name LowCardinality(String),
  ts Int64 CODEC(Delta, ZSTD(1)),
  duration UInt64 CODEC(T64, ZSTD(1)),
  service LowCardinality(String),
  -- addresses are the text that was reported: IPv4 has no value for "absent", and IPv6 prints
  -- ::ffff:102:304 in another way than Zipkin does
  ipv4 LowCardinality(String),
  ipv6 LowCardinality(String),
  port UInt16 CODEC(ZSTD(1)),
  remote_service LowCardinality(String),
  remote_ipv4 LowCardinality(String),
  remote_ipv6 LowCardinality(String),
  remote_port UInt16 CODEC(ZSTD(1)),
  ann_ts Array(Int64) CODEC(ZSTD(1)),
  ann_value Array(LowCardinality(String)),
  tags Map(LowCardinality(String), String) CODEC(ZSTD(1)),
  debug Bool,
  shared Bool,
  bucket UInt32 CODEC(Delta, ZSTD(1)),
  error Bool MATERIALIZED mapContains(tags, 'error'),
  INDEX kv arrayMap((k, v) -> concat(k, '=', v), mapKeys(tags), mapValues(tags))
    TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ${replicated}MergeTree
PARTITION BY toDate(toDateTime(bucket * 60, 'UTC'))
ORDER BY (bucket, trace_lo, ts)
SETTINGS index_granularity = 2048, $insert_settings;

-- in which minutes a trace has spans: makes reading a trace a short range of the primary key
CREATE TABLE IF NOT EXISTS trace_time$local $on (
  trace_lo UInt64 CODEC(ZSTD(1)),
  day Date,
  t0 SimpleAggregateFunction(min, UInt32),
  t1 SimpleAggregateFunction(max, UInt32)
)
ENGINE = ${replicated}AggregatingMergeTree
PARTITION BY day
ORDER BY trace_lo
SETTINGS index_granularity = 1024, $insert_settings;

CREATE MATERIALIZED VIEW IF NOT EXISTS trace_time_mv $on TO trace_time$local AS
SELECT trace_lo, toDate(toDateTime(bucket * 60, 'UTC')) AS day, min(bucket) AS t0, max(bucket) AS t1
FROM spans$local
GROUP BY trace_lo, day;

-- minutes that hold spans of another time (a clock that is off, or a report that came days late):
-- a search looks there too
CREATE TABLE IF NOT EXISTS displaced$local $on (
  bucket UInt32,
  day Date,
  t0 SimpleAggregateFunction(min, Int64),
  t1 SimpleAggregateFunction(max, Int64)
)
ENGINE = ${replicated}AggregatingMergeTree
PARTITION BY day
ORDER BY bucket
SETTINGS $insert_settings;

CREATE MATERIALIZED VIEW IF NOT EXISTS displaced_mv $on TO displaced$local AS
SELECT bucket, toDate(toDateTime(bucket * 60, 'UTC')) AS day, min(ts) AS t0, max(ts) AS t1
FROM spans$local
WHERE ts != 0 AND intDiv(ts, 60000000) != bucket
GROUP BY bucket, day;

CREATE TABLE IF NOT EXISTS names$local $on (
  service LowCardinality(String),
  name LowCardinality(String),
  remote_service LowCardinality(String),
  day Date
)
ENGINE = ${replicated}ReplacingMergeTree
PARTITION BY day
ORDER BY (service, name, remote_service)
SETTINGS $insert_settings;

CREATE MATERIALIZED VIEW IF NOT EXISTS names_mv $on TO names$local AS
SELECT DISTINCT service, name, remote_service, toDate(toDateTime(bucket * 60, 'UTC')) AS day
FROM spans$local
WHERE service != '';

-- rate, errors and latency; h counts durations in quarter powers of two, from 1 microsecond
CREATE TABLE IF NOT EXISTS red_minute$local $on (
  service LowCardinality(String),
  minute UInt32 CODEC(Delta, ZSTD(1)),
  n SimpleAggregateFunction(sum, UInt64),
  errors SimpleAggregateFunction(sum, UInt64),
  h AggregateFunction(sumForEach, Array(UInt32))
)
ENGINE = ${replicated}AggregatingMergeTree
PARTITION BY toDate(toDateTime(minute * 60, 'UTC'))
ORDER BY (service, minute)
SETTINGS $insert_settings;

CREATE MATERIALIZED VIEW IF NOT EXISTS red_minute_mv $on TO red_minute$local AS
SELECT
  service,
  bucket AS minute,
  count() AS n,
  countIf(error) AS errors,
  sumForEachState(arrayMap(i -> toUInt32(i = step), range(112))) AS h
FROM (
  SELECT service, bucket, error,
    toUInt8(least(111, floor(log2(greatest(duration, 1)) * 4))) AS step
  FROM spans$local
  WHERE service != ''
)
GROUP BY service, minute;

-- values of the tags that the store was told to offer for completion
CREATE TABLE IF NOT EXISTS tag_values$local $on (
  key LowCardinality(String),
  value String,
  day Date
)
ENGINE = ${replicated}ReplacingMergeTree
PARTITION BY day
ORDER BY (key, value)
SETTINGS $insert_settings;

CREATE MATERIALIZED VIEW IF NOT EXISTS tag_values_mv $on TO tag_values$local AS
SELECT '' AS key, '' AS value, toDate(0) AS day
FROM spans$local
WHERE false;

-- which tags is said anew at each start, without a moment in which there is no view
ALTER TABLE tag_values_mv $on MODIFY QUERY
SELECT DISTINCT key, value, toDate(toDateTime(bucket * 60, 'UTC')) AS day
FROM spans$local
ARRAY JOIN mapKeys(tags) AS key, mapValues(tags) AS value
WHERE has($autocomplete_keys, key);

-- who called whom in the traces of one hour alone, linked when the hour was over. The last that was
-- written of an hour counts, and only while spans and roaming are what queries/hours.sql says: spans
-- that come late are thereby noticed, also after a restart
CREATE TABLE IF NOT EXISTS links$local $on (
  hour UInt32,
  spans UInt64,
  roaming UInt64,
  parent LowCardinality(String),
  child LowCardinality(String),
  calls UInt64,
  errors UInt64,
  steps Array(UInt64),
  longest UInt64
)
ENGINE = ${replicated}ReplacingMergeTree
PARTITION BY toDate(toDateTime(hour * 3600, 'UTC'))
ORDER BY (hour, parent, child)
SETTINGS $durable;

-- which mark a service has on every page: given once, never taken back
CREATE TABLE IF NOT EXISTS service_slots$local $on (
  service String,
  slot UInt32
)
ENGINE = ${replicated}MergeTree
ORDER BY slot
SETTINGS $durable;
