-- Whether there is a database.
SELECT count() AS databases FROM system.databases WHERE name = $database
