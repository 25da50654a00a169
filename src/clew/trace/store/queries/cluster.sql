-- The shards of a cluster: how many servers each has, and whether those copy among themselves.
SELECT toUInt32(count()) AS replicas, toUInt8(min(internal_replication)) AS internal
FROM system.clusters
WHERE cluster = $cluster
GROUP BY shard_num
