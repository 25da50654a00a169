"""Where spans are kept: the contract that every store meets (:mod:`clew.trace.store.clickhouse`)."""
