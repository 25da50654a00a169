from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.namers.watching import eventually

from clew.mesh.binding.kept_dtabs import ConfigMapEntry
from clew.mesh.serve.config_maps import ConfigMaps


class World:
    """A server, and the entry ``main`` of its ConfigMap ``dtabs`` as it is followed."""

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.changes = 0
        self.refused: list[str] = []
        self.entry = ConfigMapEntry("127.0.0.1", server.port, "mesh", "dtabs", "main")
        self.maps = ConfigMaps(self._changed, lambda _, why: self.refused.append(why))

    def _changed(self) -> None:
        self.changes += 1

    def put(self, dtab: str, entry: str = "main") -> None:
        self.server.put("configmaps", "mesh", "dtabs", data={entry: dtab})

    async def until(self, dtab: str) -> None:
        await eventually(lambda: self.shown() == dtab)

    async def until_refused(self, times: int) -> None:
        await eventually(lambda: len(self.refused) >= times)

    def shown(self) -> str | None:
        """None while nothing is known."""
        dtab = self.maps.dtabs.get(self.entry)
        return None if dtab is None else str(dtab)


@asynccontextmanager
async def world(server: ApiServer) -> AsyncIterator[World]:
    async with served(server):
        here = World(server)
        here.maps.use(frozenset({here.entry}))
        try:
            yield here
        finally:
            await here.maps.stop()


def test_edits_are_followed_and_a_bad_one_leaves_the_last_good(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene() -> None:
        server = ApiServer()
        server.put("configmaps", "mesh", "dtabs", data={"main": "/svc => /a"})
        async with world(server) as here:
            await here.until("/svc=>/a")
            here.put("/svc => /b")
            await here.until("/svc=>/b")
            here.put("/svc => /c;\n/svc = /d")
            await here.until_refused(1)
            assert (here.shown(), here.changes) == ("/svc=>/b", 2)
            here.put("/svc => /d")
            await here.until("/svc=>/d")
            what = (
                "main in ConfigMap mesh/dtabs, line 2: '>' expected but ' ' found at '/svc =[ ]/d'"
            )
            assert here.refused == [what, ""]
            assert f"{what}; the last good dtab stays" in caplog.messages

    asyncio.run(scene())


def test_what_is_not_there_is_an_empty_dtab(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with world(ApiServer()) as here:
            await here.until("")
            here.put("/svc => /a")
            await here.until("/svc=>/a")
            here.put("/svc => /b", entry="other")
            await here.until("")
            here.put("/svc => /a")
            await here.until("/svc=>/a")
            here.server.delete("configmaps", "mesh", "dtabs")
            await here.until("")
            gone = "there is no main in ConfigMap mesh/dtabs"
            assert here.refused == [gone, "", gone, "", gone]
            assert f"{gone}; the dtab is empty until there is" in caplog.messages

    asyncio.run(scene())


def test_nothing_is_known_before_the_first_answer_nor_of_one_that_was_never_good() -> None:
    async def scene() -> None:
        server = ApiServer()
        server.faults.refuse = {"configmaps": [500]}
        server.put("configmaps", "mesh", "dtabs", data={"main": "/svc"})
        async with world(server) as here:
            assert here.shown() is None
            await here.until_refused(1)
            assert here.shown() is None
            here.put("/svc => /a")
            await here.until("/svc=>/a")

    asyncio.run(scene())


def test_one_config_map_is_asked_for_and_what_is_no_longer_used_is_forgotten() -> None:
    async def scene() -> None:
        server = ApiServer()
        server.put("configmaps", "mesh", "other", data={"main": "/svc => /other"})
        server.put("configmaps", "mesh", "dtabs", data={"main": "/svc", "b": "/svc => /b"})
        async with world(server) as here:
            await here.until_refused(1)
            assert all("fieldSelector=metadata.name%3Ddtabs" in each for each in server.requests)
            second = ConfigMapEntry("127.0.0.1", server.port, "mesh", "dtabs", "b")
            here.maps.use(frozenset({second}))
            assert {str(dtab) for dtab in here.maps.dtabs.values()} == {"/svc=>/b"}
            assert here.refused[1:] == [""]
            document = here.maps.state(second)
            assert document["state"]["value"] == "/svc=>/b"
            assert document["watch"]["request"].startswith(
                "watch configmaps named dtabs in namespace mesh from version"
            )
            here.maps.use(frozenset())
            assert here.maps.dtabs == {}
            await eventually(lambda: not server.connections())

    asyncio.run(scene())
