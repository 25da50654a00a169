"""Sends reports to StatsD by UDP, each telemeter at its own pace."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress

from clew.errors import ClewError
from clew.mesh.config.telemetry import StatsDTelemeter
from clew.mesh.serve.metrics import Metric
from clew.mesh.serve.statsd import Reports, packets

log = logging.getLogger(__name__)


class StatsD:
    """Reports ``metrics`` to every telemeter in use."""

    def __init__(self, metrics: Callable[[], Awaitable[Sequence[Metric]]]) -> None:
        """``metrics`` may raise ClewError, when Envoy is away."""
        self._metrics = metrics
        self._reporting: dict[StatsDTelemeter, asyncio.Task[None]] = {}

    def use(self, telemeters: Collection[StatsDTelemeter]) -> None:
        """These from now on; those that were there before go on."""
        for gone in self._reporting.keys() - set(telemeters):
            self._reporting.pop(gone).cancel()
        for telemeter in telemeters:
            if telemeter not in self._reporting:
                self._reporting[telemeter] = asyncio.create_task(
                    self._report(telemeter), name="statsd"
                )

    async def stop(self) -> None:
        """Report no more."""
        for task in self._reporting.values():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._reporting.clear()

    async def _report(self, telemeter: StatsDTelemeter) -> None:
        reports = Reports(telemeter.prefix)
        complained = False
        while True:
            await asyncio.sleep(telemeter.gauge_interval_ms / 1000)
            try:
                lines = reports.next(await self._metrics())
                await _send(telemeter.hostname, telemeter.port, packets(lines))
                complained = False
            except (OSError, ClewError) as error:
                if not complained:
                    place = f"{telemeter.hostname}:{telemeter.port}"
                    log.warning("metrics are not sent to StatsD at %s: %s", place, error)
                complained = True


async def _send(host: str, port: int, datagrams: Iterable[bytes]) -> None:
    """Raises OSError. A new socket each time, because a name may have another address by now."""
    loop = asyncio.get_running_loop()
    (family, kind, protocol, _, address), *_ = await loop.getaddrinfo(
        host, port, type=socket.SOCK_DGRAM
    )
    with socket.socket(family, kind, protocol) as sender:
        sender.setblocking(False)
        for datagram in datagrams:
            await loop.sock_sendto(sender, datagram, address)
