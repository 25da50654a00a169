"""Drops what need not be kept, as long as a server runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from clew.errors import ClewError
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.retention import Retention

_RETENTION_SECONDS = 600
_EVICTION_SECONDS = 10
"""Where a number of spans is the limit, which a burst can pass in a minute."""

_logger = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def retaining(store: ClickHouseStore, keep: Retention) -> AsyncIterator[None]:
    """Drop what is too old or too much, now and from time to time."""

    async def retain() -> None:
        while True:
            try:
                dropped = await asyncio.to_thread(store.retain, keep, datetime.now(UTC).date())
                evicted = keep.max_spans and await asyncio.to_thread(store.evict, keep.max_spans)
            except ClewError as error:
                _logger.warning("old spans could not be dropped: %s", error)
            else:
                for day in dropped:
                    _logger.info("dropped the spans of %s", day)
                if evicted:
                    _logger.info("dropped the oldest traces, of %d spans", evicted)
            await asyncio.sleep(_EVICTION_SECONDS if keep.max_spans else _RETENTION_SECONDS)

    task = asyncio.create_task(retain())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
