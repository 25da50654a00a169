-- One sealed segment is one block and its name the token: a retry fills what is missing only.
INSERT INTO spans ($columns)
SETTINGS
  insert_deduplication_token = $token,
  deduplicate_blocks_in_dependent_materialized_views = 1,
  async_insert = 0,
  max_insert_block_size = 1000000,
  min_insert_block_size_rows = 1000000,
  min_insert_block_size_bytes = 0
