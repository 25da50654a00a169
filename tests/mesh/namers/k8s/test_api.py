from __future__ import annotations

import asyncio

import pytest
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.relay.collector import unused_port

from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.api import Api, ApiError
from clew.mesh.namers.k8s.lookups import Collection, Kind
from clew.mesh.namers.k8s.reflector import List, Watch

SLICES = Collection(Kind.ENDPOINTS, "default")


async def done(api: Api, action: List | Watch) -> None:
    """Whatever comes of it is dropped."""
    match action:
        case List():
            await api.page(SLICES, action)
        case Watch():
            async for _ in api.events(SLICES, action):
                pass


@pytest.mark.parametrize("action", [List(0), Watch(0, "1", 60)], ids=["list", "watch"])
def test_the_time_that_a_server_asks_to_be_left_alone_is_heard(action: List | Watch) -> None:
    async def scene() -> None:
        async with served(ApiServer()) as server:
            server.faults.refuse = {"endpointslices": [429], "watch": [429]}
            server.faults.retry_after = 7
            api = Api(lambda: Access(server.url))
            with pytest.raises(ApiError) as error:
                await done(api, action)
            failure = error.value.failure
            assert (failure.status, failure.retry_after) == (429, 7.0)
            assert "refused 429" in failure.why
            await api.close()

    asyncio.run(scene())


def test_an_event_without_an_end_is_no_event(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.mesh.namers.k8s.api.MAX_LINE", 100)

    async def scene() -> None:
        async with served(ApiServer()) as server:
            server.put("endpointslices", "default", "a", endpoints=[{"x": "y" * 1000}])
            server.faults.chunk = 200
            api = Api(lambda: Access(server.url))
            with pytest.raises(ApiError, match="an event of endpointslices has no end"):
                await done(api, Watch(0, "1", 60))
            await api.close()

    asyncio.run(scene())


@pytest.mark.parametrize("action", [List(0), Watch(0, "1", 60)], ids=["list", "watch"])
def test_a_server_that_is_away_is_told_with_its_address(action: List | Watch) -> None:
    url = f"http://127.0.0.1:{unused_port()}"

    async def scene() -> None:
        api = Api(lambda: Access(url))
        with pytest.raises(ApiError, match=f"^Kubernetes at {url} does not answer: "):
            await done(api, action)
        await api.close()

    asyncio.run(scene())
