"""What Envoy is told for a diagnostic ``TRACE``. The whole is in ``e2e/test_mesh_trace.py``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from clew.errors import ClewError
from clew.mesh.binding.explain import delegate
from clew.mesh.config.linker import read_linker
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.path import Path
from clew.mesh.serve.router_context import ContextPage

LINKER = read_linker(
    """
routers:
- protocol: http
  label: out
  dtab: /svc => /$/inet/127.0.0.1
  servers: [{port: 1}]
""",
    "linkerd.yml",
)
CLIENT = "/$/inet/127.0.0.1/80"


async def by_dtab(_: str | None, name: Path, dtab: Dtab) -> Mapping[str, Any]:
    return delegate(name, dtab, (), {}).document


async def away(_: str | None, name: Path, dtab: Dtab) -> Mapping[str, Any]:
    raise ClewError("namerd is away")


def told(delegator: Any = by_dtab, **facts: str) -> httpx.Response:
    page = ContextPage(
        lambda: LINKER, delegator, lambda name, client: [f"address of {client} for {name}"]
    )

    async def scene() -> httpx.Response:
        transport = httpx.ASGITransport(page.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://clew") as client:
            return await client.get("/", headers={f"clew-{k}": v for k, v in facts.items()})

    return asyncio.run(scene())


def test_what_became_of_a_request() -> None:
    assert told(asked="out/svc/80", client=CLIENT, selected="127.0.0.1:80", took="7").text == (
        "--- Router: out ---\n"
        "request duration: 7 ms\n"
        "service name: /svc/80\n"
        f"client name: {CLIENT}\n"
        f"addresses: [address of {CLIENT} for out/svc/80]\n"
        "selected address: 127.0.0.1:80\n"
        "dtab resolution:\n"
        "  /svc/80\n"
        f"  {CLIENT} (/svc=>/$/inet/127.0.0.1)\n"
    )


def test_the_dtab_of_the_request_counts() -> None:
    text = told(asked="out/svc/80;dtab=/svc=>/$/inet/1.1.1.1").text
    assert "client name: /$/inet/1.1.1.1/80\n" in text
    assert "selected address: \n" in text


def test_what_leads_nowhere_or_is_no_name_of_the_file_is_not_there() -> None:
    assert told(asked="out/svc/x").status_code == 404
    assert told(asked="other/svc/80").status_code == 404
    assert told().status_code == 404


def test_steps_that_cannot_be_had_leave_the_rest() -> None:
    text = told(away, asked="out/svc/80", client=CLIENT).text
    assert text.endswith("dtab resolution:\n")
    assert f"client name: {CLIENT}\n" in text
