"""How the long-running commands end: the first signal stops gracefully, the second at once."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any

log = logging.getLogger(__name__)


async def until_signal(work: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> int:
    """Run ``work``, which ends when its event is set. Returns the exit code."""
    stop = asyncio.Event()
    running = asyncio.ensure_future(work(stop))
    forced = 0

    def on_signal(number: int) -> None:
        nonlocal forced
        if stop.is_set():
            forced = 128 + number
            running.cancel()
        else:
            log.info("%s: requests may end; once more stops at once", signal.Signals(number).name)
            stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number)
    try:
        await running
    except asyncio.CancelledError:
        if not forced:
            raise
    return forced
