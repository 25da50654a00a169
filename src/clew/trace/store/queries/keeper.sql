-- Whether the server has a Keeper: only then there is this table.
SELECT count() AS keepers FROM system.tables WHERE database = 'system' AND name = 'zookeeper'
