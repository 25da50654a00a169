-- The place of each service, in the order in which they were given. Where two servers gave one place
-- at the same moment, the names decide, and everyone who reads both sees the same.
SELECT service, toUInt32(row_number() OVER (ORDER BY slot, service) - 1) AS slot
FROM (
  SELECT service, min(slot) AS slot
  FROM service_slots
  GROUP BY service
)
ORDER BY slot
