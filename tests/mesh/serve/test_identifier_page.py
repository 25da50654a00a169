"""The port ``admin.httpIdentifierPort``, asked over the network."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from clew.mesh.config.linker import read_linker
from clew.mesh.serve.identifier_page import IdentifierPage

LINKER = read_linker(
    """
routers:
- {protocol: http, label: by-host, dtab: "/svc => /a | /b", servers: [{port: 1}]}
- protocol: http
  label: by-path
  identifier: {kind: io.l5d.path}
  servers: [{port: 2}]
- {protocol: h2, label: h2, servers: [{port: 3}]}
""",
    "linkerd.yml",
)


def asked(method: str, path: str, **headers: str) -> Any:
    page = IdentifierPage(lambda: LINKER.routers, dict)

    async def scene() -> Any:
        transport = httpx.ASGITransport(page.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://web:80") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            answer = await client.request(method, path, headers=named)
            assert answer.headers["content-type"] == "application/json"
            return answer.json()

    return asyncio.run(scene())


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "TRACE", "BREW"])
def test_each_http_router_tells_the_name_and_its_dtab(method: str) -> None:
    assert asked(method, "/x%2Fy/z?q", host="web:80") == {
        "by-host": {"path": "/svc/web:80", "dtab": "/svc=>/a | /b"},
        # an empty dtab is not told
        "by-path": {"path": "/svc/x%2Fy"},
    }


def test_one_that_cannot_name_it_says_why() -> None:
    assert asked("GET", "/", host="web")["by-path"] == {"error": "not enough segments in path"}


def test_the_dtab_of_the_request_is_told_after_the_routers() -> None:
    told = asked("GET", "/", l5d_dtab="/c=>/d")
    assert told["by-host"]["dtab"] == "/svc=>/a | /b;/c=>/d"
    broken = asked("GET", "/", l5d_dtab="/c")
    assert broken["by-host"] == {"error": "'=' expected but end of input found at '/c[]'"}
