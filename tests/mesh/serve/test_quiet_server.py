from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from starlette.responses import PlainTextResponse

from clew.mesh.serve.quiet_server import QuietServer


def test_one_that_leaves_accepts_nobody_and_ends_with_the_last_connection() -> None:
    async def scene() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = QuietServer(PlainTextResponse("here"))
        serving = asyncio.create_task(server.serve([listener]))
        await server.accepting(serving)
        async with httpx.AsyncClient(trust_env=False) as known:
            assert (await known.get(url)).text == "here"
            server.leave()
            await asyncio.sleep(0.3)  # it looks at itself every 0.1 s
            # on the connection that it has
            assert (await known.get(url)).text == "here"
            async with httpx.AsyncClient(trust_env=False) as late:
                with pytest.raises(httpx.ConnectError):
                    await late.get(url)
            assert not serving.done()
        await serving

    asyncio.run(scene())
