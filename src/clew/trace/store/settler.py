"""Settles hours from time to time, in a thread of its own, as long as a store is open."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from clew.errors import ClewError

_SECONDS = 60
"""Between two looks: an hour that changed is linked when asked until the next."""

_logger = logging.getLogger(__name__)


class Hours(Protocol):
    """The part of :class:`~clew.trace.store.links.Links` that settles."""

    def settle(self, now: int, stopping: Callable[[], bool]) -> int:
        """See :class:`~clew.trace.store.links.Links`."""
        ...


class Settler:
    """Keeps the settled hours of ``links`` up to date."""

    def __init__(self, links: Hours) -> None:
        self._links = links
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="settle", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the hour that is being settled."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                settled = self._links.settle(time.time_ns() // 1000, self._stopping.is_set)
            except ClewError as error:
                _logger.warning("hours could not be settled, so they are linked anew: %s", error)
            else:
                if settled:
                    _logger.debug("settled the links of %d hours", settled)
            self._stopping.wait(_SECONDS)
