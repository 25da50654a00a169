"""Opens a store: in a directory of this machine, or on a server, for which it waits."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict, Unpack

from clew.errors import ClewError
from clew.trace.dsn import Server
from clew.trace.store import StoreMisconfigured, StoreUnavailable
from clew.trace.store.clickhouse import ClickHouseStore
from clew.trace.store.embedded import EmbeddedEngine
from clew.trace.store.engine import Engine
from clew.trace.store.server import ServerEngine

_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0
_TELL_SECONDS = 30

_logger = logging.getLogger(__name__)


class Options(TypedDict, total=False):
    """See :class:`~clew.trace.store.clickhouse.ClickHouseStore`."""

    strict_trace_id: bool
    autocomplete_keys: Sequence[str]
    query_timeout: int


def open_embedded(directory: Path, **options: Unpack[Options]) -> ClickHouseStore:
    """The store in ``directory``, made if it is not there. Raises StoreLocked, EngineMissing."""
    return _opened(EmbeddedEngine(directory), "clew", options)


def open_server(server: Server, **options: Unpack[Options]) -> ClickHouseStore:
    """The store on ``server``, made if it is not there. Raises StoreUnavailable."""
    return _opened(ServerEngine(server), server.database, options)


async def opened_when_there(open_store: Callable[[], ClickHouseStore]) -> ClickHouseStore:
    """What ``open_store`` answers once its server does. Raises StoreMisconfigured at once."""
    pause, since, told = _FIRST_PAUSE, time.monotonic(), -float(_TELL_SECONDS)
    while True:
        try:
            return await asyncio.to_thread(open_store)
        except StoreMisconfigured:
            raise
        except StoreUnavailable as error:
            waited = time.monotonic() - since
            if waited - told >= _TELL_SECONDS:
                told = waited
                _logger.warning("waiting for the store: %s", error)
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _opened(engine: Engine, database: str, options: Options) -> ClickHouseStore:
    try:
        store = ClickHouseStore(engine, database=database, **options)
    except ClewError:
        engine.close()
        raise
    store.keep_settled()
    return store
