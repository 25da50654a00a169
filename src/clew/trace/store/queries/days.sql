-- Bytes on disk of each day, in all tables that are kept by day.
SELECT partition AS day, toUInt64(sum(bytes_on_disk)) AS bytes
FROM $parts
WHERE active AND database = $database AND match(partition, '^\\d{4}-\\d\\d-\\d\\d$$')
GROUP BY day
ORDER BY day
