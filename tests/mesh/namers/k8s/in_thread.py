"""The small API server beside a test that is not asynchronous, or that asks over HTTP alone."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.namers.k8s.cluster import Cluster


class SmallCluster(Cluster):
    """Its server runs in a thread of its own."""

    def __init__(
        self, client: httpx.Client, server: ApiServer, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(client)
        self.server = server
        self._loop = loop

    def call(self, function: Callable[[], object]) -> None:
        """Run it in that thread."""

        async def run() -> None:
            function()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result()


@contextmanager
def small_cluster(server: ApiServer, port: int = 0) -> Iterator[SmallCluster]:
    listening = threading.Event()
    done = asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        async with served(server, port):
            listening.set()
            await done.wait()

    def work() -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(run())

    thread = threading.Thread(target=work)
    thread.start()
    listening.wait()
    headers = {"authorization": f"Bearer {server.token}"} if server.token else {}
    try:
        with httpx.Client(base_url=server.url, headers=headers, trust_env=False) as client:
            yield SmallCluster(client, server, loop)
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
