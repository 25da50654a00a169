"""Requests that are named by Ingress resources (io.l5d.ingress), through the real Envoy."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import grpc
import httpx
from tests.mesh.namers.k8s.api_server import ApiServer, served

from e2e.mesh_world import App, get, load, meanwhile, new_world, running, until
from e2e.test_mesh_grpc import Echo, meshed, say

LINKER = """
admin: {{port: {admin}, httpIdentifierPort: {identifiers}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
telemetry: [{{kind: io.l5d.zipkin, host: 127.0.0.1, port: {collector}, sampleRate: 1.0}}]
routers:
- protocol: http
  label: outgoing
  identifier: IDENTIFIER
  dtab: |
    /by => /#/io.l5d.fs;
    /svc => /by;
    /svc/x => /by;
    /svc/*/80 => /by;
  servers: [{{port: {outgoing}}}]
"""


def ingress(*rules: tuple[str, str, str, str], default: str = "", **spec: Any) -> dict[str, Any]:
    """Rules are host, path type, path and service."""
    fields: dict[str, Any] = {
        "rules": [
            {
                **({"host": host} if host else {}),
                "http": {"paths": [{"path": path, "pathType": type, "backend": backend(service)}]},
            }
            for host, type, path, service in rules
        ]
    }
    if default:
        fields["defaultBackend"] = backend(default)
    return fields | spec


def only(server: ApiServer) -> str:
    """The identifier, in a template."""
    return f"{{{{kind: io.l5d.ingress, host: 127.0.0.1, port: {server.port}}}}}"


def backend(service: str) -> dict[str, Any]:
    return {"service": {"name": service, "port": {"number": 80}}}


RULES = ingress(
    ("", "Prefix", "/", "any"),
    ("*.shop.com", "Prefix", "/", "wild"),
    ("shop.com", "Prefix", "/", "shop"),
    ("shop.com", "Prefix", "/cart", "cart"),
    ("shop.com", "Exact", "/cart/full", "full"),
    ("shop.com", "ImplementationSpecific", "/v[0-9]+/.*", "versioned"),
    ("", "Exact", "/health", "health"),
)
CASES = [
    ("shop.com", "/", "shop"),
    ("shop.com:80", "/cart?x=/y", "cart"),
    ("shop.com", "/cart/", "cart"),
    ("shop.com", "/cart/1", "cart"),
    ("shop.com", "/cartoon", "shop"),
    ("shop.com", "/cart/full", "full"),
    ("shop.com", "/v1/cart", "versioned"),
    ("shop.com", "/v/cart", "shop"),
    ("a.shop.com", "/health", "wild"),
    ("a.b.shop.com", "/health", "health"),
    ("a.b.shop.com", "/healthy", "any"),
]


def test_the_most_special_rule_names_a_request_and_edits_cost_none(tmp_path: Path) -> None:
    apps = [App(service) for service in dict.fromkeys(service for _, _, service in CASES)]

    async def scenario() -> None:
        async with served(ApiServer()) as server:
            server.put("ingresses", "prod", "main", spec=RULES)
            world = new_world(tmp_path, LINKER.replace("IDENTIFIER", only(server)))
            async with running(world, *apps) as client:
                for host, path, service in CASES:
                    reply = await get(client, host, path)
                    assert reply.status_code == 200, (host, path, reply.text)
                    told = reply.json()
                    assert told["app"] == service, (host, path)
                    assert told["line"] == f"GET {path} HTTP/1.1"
                    assert told["headers"]["l5d-dst-service"] == f"/svc/prod/80/{service}"
                    assert not [name for name in told["headers"] if name.startswith("clew-")]
                    asked = f"http://127.0.0.1:{world.ports['identifiers']}{path}"
                    named = await client.get(asked, headers={"host": host})
                    assert named.json()["outgoing"]["path"] == f"/svc/prod/80/{service}"

                seen: Counter[int] = Counter()

                async def edit() -> None:
                    for service in ("cart", "full", "shop"):
                        rules = ingress(("shop.com", "Prefix", "/", service))
                        server.put("ingresses", "prod", "main", spec=rules)

                        async def moved(service: str = service) -> bool:
                            reply = await get(client, "shop.com", "/cart/full")
                            return bool(reply.json()["app"] == service)

                        await until(moved)

                await meanwhile(edit(), [load(client, "shop.com", seen)])
                assert set(seen) == {200}

                server.delete("ingresses", "prod", "main")

                async def nameless() -> bool:
                    return (await get(client, "shop.com")).status_code == httpx.codes.BAD_REQUEST

                await until(nameless)
                reply = await get(client, "shop.com", "/cart")
                assert reply.text.endswith("/ no ingress rule matches")

    asyncio.run(scenario())


LISTED = """
  - {{kind: io.l5d.header}}
  - {{kind: io.l5d.ingress, host: 127.0.0.1, port: PORT, ignoreDefaultBackends: true}}
  - {{kind: io.l5d.path, consume: true}}
  - kind: io.l5d.ingress
    host: 127.0.0.1
    port: PORT
    namespace: x
    ingressClassAnnotation: blue
"""


def test_in_a_list_the_first_identifier_that_can_names_and_overrides_hold(tmp_path: Path) -> None:
    apps = [App("v1"), App("v2"), App("web")]
    blue = {"metadata": {"annotations": {"kubernetes.io/ingress.class": "blue"}}}
    listed = [
        ({"host": "shop", "l5d-name": "/x/v2"}, "/a/b", "v2", "/svc/x/v2", "/a/b"),
        ({"host": "shop"}, "/a/b?q", "v1", "/svc/x/80/v1", "/a/b?q"),
        ({"host": "other"}, "/web/b?q", "web", "/svc/web", "/b?q"),
        ({"host": "other"}, "/", "v2", "/svc/x/80/v2", "/"),
        (
            {"host": "shop", "l5d-dtab": "/svc/x/80/v1 => /by/v2"},
            "/a/b",
            "v2",
            "/svc/x/80/v1",
            "/a/b",
        ),
    ]

    async def scenario() -> None:
        async with served(ApiServer()) as server:
            rules = ingress(
                ("shop", "Prefix", "/a", "v1"), default="web", ingressClassName="linkerd"
            )
            server.put("ingresses", "x", "a", spec=rules)
            server.put("ingresses", "x", "b", **blue, spec=ingress(default="v2"))
            linker = LINKER.replace("IDENTIFIER", LISTED.replace("PORT", str(server.port)))
            world = new_world(tmp_path, linker)
            async with running(world, *apps) as client:
                for headers, path, app, name, line in listed:
                    reply = await client.get(path, headers=headers)
                    assert reply.status_code == 200, (headers, path, reply.text)
                    told = reply.json()
                    assert told["app"] == app, (headers, path)
                    assert told["line"] == f"GET {line} HTTP/1.1"
                    assert told["headers"]["l5d-dst-service"] == name

    asyncio.run(scenario())


NASTY = ingress(
    ("shop", "ImplementationSpecific", "/(", "v1"),
    ("shop", "ImplementationSpecific", "/(?=a)", "v1"),
    ("shop", "ImplementationSpecific", "/.{0,999}" * 9, "v1"),
    ("shop", "ImplementationSpecific", "/.{0,500}x", "v1"),
    ("shop", "ImplementationSpecific", '/"\\\\\'é%[^"]', "v1"),
    ("shop", "Exact", "no/slash", "v1"),
    ("shop", "Exact", '/%"\\?#é', "v1"),
    ("shop", "Prefix", "//", "v1"),
    ('é*."%s', "Prefix", "/", "v1"),
    ("*", "Exact", "/*", "v1"),
    ("*.(", "Exact", "/*", "v1"),
    ("shop", "Other", "/x", "v1"),
    ("shop", "Exact", "/x", ""),
    ("shop", "Exact", "/y", 'v"1\n]]'),
)


def test_rules_that_make_no_sense_do_not_stop_the_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with served(ApiServer()) as server:
            server.put("ingresses", "prod", "main", spec=ingress(default="v1"))
            world = new_world(tmp_path, LINKER.replace("IDENTIFIER", only(server)))
            async with running(world, App("v1"), App("v2")) as client:
                server.put("ingresses", "prod", "nasty", spec=NASTY)
                server.put("ingresses", "prod", "main", spec=ingress(default="v2"))

                async def moved() -> bool:
                    reply = await get(client, "other")
                    return bool(reply.json()["app"] == "v2")

                await until(moved)
                assert (await get(client, "shop", "/" + "a" * 400 + "x")).json()["app"] == "v1"

    asyncio.run(scenario())


def test_calls_of_an_h2_router_are_named_by_their_paths(tmp_path: Path) -> None:
    echo = Echo()

    async def scenario() -> None:
        async with served(ApiServer()) as server:
            rules = ingress(("", "Prefix", "/test.Echo", "test.Echo"))
            server.put("ingresses", "prod", "main", spec=rules)
            linker = LINKER.replace("protocol: http", "protocol: h2")
            world = new_world(tmp_path, linker.replace("IDENTIFIER", only(server)))
            async with meshed(world, echo) as channel:
                assert (await (await say(channel, "x"))).value == "x"
                assert echo.metadata["l5d-dst-service"] == "/svc/prod/80/test.Echo"
                lost = await say(channel, method="Other/Say")
                assert await lost.code() is not grpc.StatusCode.OK
                assert "no ingress rule matches" in await lost.details()

    asyncio.run(scenario())


def test_a_router_listens_once_its_rules_are_read_and_an_edit_of_the_file_waits_for_them(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with served(ApiServer()) as server:
            server.put("ingresses", "prod", "main", spec=ingress(default="web"))
            server.faults.refuse["ingresses"] = [500] * 4
            world = new_world(tmp_path, LINKER.replace("IDENTIFIER", only(server)))
            async with running(world, App("web")) as client:
                assert server.faults.refuse["ingresses"] == []
                assert (await get(client, "any")).json()["app"] == "web"

                seen: Counter[int] = Counter()

                async def edit() -> None:
                    server.faults.refuse["ingresses"] = [500] * 3
                    world.edit("kind: io.l5d.ingress", "kind: io.l5d.ingress, namespace: other")

                    async def nameless() -> bool:
                        return (await get(client, "any")).status_code == httpx.codes.BAD_REQUEST

                    await until(nameless)

                await meanwhile(edit(), [load(client, "any", seen)])
                assert set(seen) <= {200, 400}

    asyncio.run(scenario())
