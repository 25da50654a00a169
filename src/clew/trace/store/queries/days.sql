-- Bytes on disk of each day, in all tables that are kept by day.
SELECT partition AS day, toUInt64(sum(bytes_on_disk)) AS bytes
FROM system.parts
WHERE active AND database = currentDatabase() AND match(partition, '^\\d{4}-\\d\\d-\\d\\d$$')
GROUP BY day
ORDER BY day
