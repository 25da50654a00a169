-- The clusters that the server knows.
SELECT DISTINCT cluster FROM system.clusters ORDER BY cluster
