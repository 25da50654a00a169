"""How the tables of a store are laid out: on one server, or spread over a cluster.

On a cluster every table is there twice: ``spans_local`` on each server has rows, and ``spans``, a
Distributed table on each, is all of them together. A trace is on one shard: what is asked of traces
is answered by each shard for its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

_NOTHING: Mapping[str, str | int] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """The default is that of the embedded engine."""

    cluster: str = ""
    """The servers that share the rows, by ClickHouse's name for them; empty: one server has all."""
    replicated: bool = False
    """Whether a shard has several servers, each with all of its rows."""
    on_cluster: bool = False
    """Whether one server hands definitions on to all of the cluster, for which it has a Keeper."""
    tokens: int = 1000
    """How many inserts a table remembers, so that one that is tried again adds nothing."""

    SHARDED_BY: ClassVar[Mapping[str, str]] = {
        "spans": "trace_lo",
        "trace_time": "trace_lo",
        # all rows of an hour are one block on one shard: replaced as a whole, or not
        "links": "hour",
        "service_slots": "sipHash64(service)",
    }
    """Of tables in which rows are sought or put by the name of the whole."""

    @property
    def local(self) -> str:
        """What the name of a table that has rows ends with."""
        return "_local" if self.cluster else ""

    @property
    def on(self) -> str:
        """What a definition says of where it is made."""
        return f"ON CLUSTER '{self.cluster}'" if self.on_cluster else ""

    @property
    def parts(self) -> str:
        """The parts of tables on all shards, each once."""
        return f"cluster('{self.cluster}', system.parts)" if self.cluster else "system.parts"

    @property
    def settings(self) -> Mapping[str, str | int]:
        """What every session says."""
        if not self.cluster:
            return _NOTHING
        return {
            # a subquery within a shard asks that shard: it has the whole of its traces
            "distributed_product_mode": "local",
            "optimize_skip_unused_shards": 1,
            # an insert returns when the shards have it, not when it is in a queue to them
            "distributed_foreground_insert": 1,
        }
