from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from clew.mesh.envoy.process import EnvoyProcess
from clew.mesh.envoy.sockets import Sockets
from clew.mesh.envoy.stats import EnvoyAdmin, EnvoyUnreachable, Load

from .conftest import listener_port, standalone


def test_what_a_running_envoy_tells(
    sockets: Sockets, new_envoy: Callable[..., EnvoyProcess]
) -> None:
    async def run() -> None:
        config = standalone(sockets)
        envoy = new_envoy(config)
        await envoy.start()
        try:
            while not (live := await envoy.admin.live_listeners()):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
            assert live == {"outgoing/0": f"127.0.0.1:{listener_port(config)}"}
            async with httpx.AsyncClient() as client:
                url = f"http://127.0.0.1:{listener_port(config)}/"
                assert (await client.get(url)).status_code == 200
                assert await envoy.admin.load() == Load(connections=1, requests=0)
            pattern = r"^http\.outgoing/0\.downstream_rq_(total|3xx)$"
            assert await envoy.admin.counts(pattern) == {
                "http.outgoing/0.downstream_rq_total": 1,
                "http.outgoing/0.downstream_rq_3xx": 0,
            }
            used = {s.get("name"): s for s in json.loads(await envoy.admin.statistics())["stats"]}
            assert used["http.outgoing/0.downstream_rq_2xx"]["value"] == 1
            assert "http.outgoing/0.downstream_rq_3xx" not in used
            pattern = r"^http\..*\.downstream_(rq|cx)_\w+$"
            some = json.loads(await envoy.admin.statistics(pattern))["stats"]
            assert {"name": "http.outgoing/0.downstream_rq_2xx", "value": 1} in some
            assert {s["name"].split(".")[0] for s in some if "name" in s} == {"http"}
            clusters = json.loads(await envoy.admin.hosts())["cluster_statuses"]
            assert {cluster["name"] for cluster in clusters} == {"xds", "spans", "context"}
        finally:
            await envoy.stop()

    asyncio.run(run())


def test_an_envoy_that_is_not_there_is_named_by_its_socket(tmp_path: Path) -> None:
    async def run() -> None:
        async with EnvoyAdmin(tmp_path / "admin.sock") as admin:
            assert not await admin.answers()
            with pytest.raises(EnvoyUnreachable, match=r"admin\.sock: Envoy does not answer"):
                await admin.live_listeners()

    asyncio.run(run())
