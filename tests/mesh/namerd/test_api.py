"""namerd's HTTP API, over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.mesh.namerd.world import MEMORY, PATIENCE_S, namerd, watching

from clew.mesh.namerd import answering
from clew.mesh.serve.listening import PortError

TEXT = {"content-type": "application/dtab"}
RULES = [{"prefix": "/svc", "dst": "/#/io.l5d.fs"}]


async def said(client: httpx.AsyncClient, method: str, url: str, **options: Any) -> tuple[int, str]:
    answer = await client.request(method, url, **options)
    return answer.status_code, answer.text


async def line(lines: AsyncIterator[str]) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        return json.loads(await anext(lines))


def with_files(directory: Path, **services: str) -> str:
    for name, addresses in services.items():
        (directory / name).write_text(addresses)
    return f"{MEMORY}namers: [{{kind: io.l5d.fs, rootDir: {directory}}}]\n"


def leaf(name: str, port: int, path: str = "/") -> dict[str, Any]:
    return {
        "type": "leaf",
        "bound": {"addr": addr(port), "id": f"/#/io.l5d.fs/{name}", "path": path},
    }


def addr(port: int) -> dict[str, Any]:
    return {
        "type": "bound",
        "addrs": [{"ip": "127.0.0.1", "port": port, "meta": {}}],
        "meta": {},
    }


def test_the_life_of_a_dtab() -> None:
    async def scene() -> None:
        async with namerd() as (client, _):
            url = "/api/1/dtabs/web"
            assert await said(client, "GET", "/api/1/dtabs") == (200, '["default"]\n')
            assert (await said(client, "GET", url))[0] == 404
            body = b"/svc => /#/io.l5d.fs"
            assert await said(client, "POST", url, content=body, headers=TEXT) == (204, "")
            assert (await said(client, "POST", url, content=body, headers=TEXT))[0] == 409
            assert await said(client, "GET", "/api/1/dtabs") == (200, '["default","web"]\n')

            answer = await client.get(url)
            assert (answer.json(), answer.headers["content-type"]) == (RULES, "application/json")
            version = answer.headers["etag"]
            head = await client.head(url)
            assert (head.status_code, head.headers["etag"], head.text) == (200, version, "")
            answer = await client.get(url, headers={"accept": "application/dtab"})
            assert answer.text == "/svc=>/#/io.l5d.fs\n"
            assert answer.headers["content-type"] == "application/dtab"

            rule = [{"prefix": "/svc", "dst": "/b"}]
            changed = await client.put(url, json=rule, headers={"if-match": version})
            assert changed.status_code == 204
            assert (await client.get(url)).json() == rule
            late = await client.put(url, json=RULES, headers={"if-match": f'"{version}"'})
            assert (late.status_code, late.text) == (
                412,
                "the dtab 'web' has another version by now (get it once more)",
            )
            none = await client.put("/api/1/dtabs/no", json=RULES, headers={"if-match": version})
            assert none.status_code == 404
            assert (await client.put("/api/1/dtabs/no", json=RULES)).status_code == 204
            assert await said(client, "DELETE", "/api/1/dtabs/no") == (204, "")
            assert (await said(client, "DELETE", "/api/1/dtabs/no"))[0] == 404

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("method", "url", "options", "status", "text"),
    [
        ("POST", "/api/1/dtabs/a", {"content": b"/a"}, 400, "Unsupported content type ''"),
        ("PUT", "/api/1/dtabs/a", {"content": b"/a", "headers": TEXT}, 400, "Malformed dtab: "),
        ("PUT", "/api/1/dtabs/a", {"content": bytes(2 << 20)}, 413, "a dtab has at most"),
        ("GET", "/api/1/none", {}, 404, "Not Found"),
        ("GET", "/api/1/bind/default?path=a", {}, 400, "Invalid path: a / '/' expected"),
        ("GET", "/api/1/bind/default?path=/a&dtab=b", {}, 400, "Invalid dtab: b / '/' expected"),
        ("GET", "/api/1/addr/default?path=a", {}, 400, "Invalid path: a / "),
        ("GET", "/api/1/resolve/default?path=a", {}, 400, "Invalid path: a / "),
        ("GET", "/api/1/delegate/default?path=a", {}, 400, "Invalid path: "),
        ("GET", "/api/1/bind/default?path=/$/no", {}, 500, "Unknown namer: no for path: /$/no"),
    ],
)
def test_what_is_wrong(
    method: str, url: str, options: dict[str, Any], status: int, text: str
) -> None:
    async def scene() -> None:
        async with namerd() as (client, _):
            answer = await client.request(method, url, **options)
            assert answer.status_code == status
            assert answer.text.startswith(text)

    asyncio.run(scene())


def test_a_storage_that_refuses_is_forbidden(tmp_path: Path) -> None:
    text = MEMORY.replace("io.l5d.inMemory, namespaces", "io.clew.fs, directory").replace(
        '{default: "/svc => /#/io.l5d.fs"}', str(tmp_path)
    )

    async def scene() -> None:
        async with namerd(text) as (client, _):
            assert (await client.put("/api/1/dtabs/.x", json=RULES)).status_code == 403
            assert (await client.put("/api/1/dtabs/x", json=RULES)).status_code == 204

    asyncio.run(scene())
    assert (tmp_path / "x.dtab").read_text() == "/svc => /#/io.l5d.fs ;\n"


def test_dtabs_are_watched_a_line_a_change() -> None:
    async def scene() -> None:
        async with (
            namerd() as (client, _),
            watching(client, "/api/1/dtabs?watch=true") as names,
            watching(client, "/api/1/dtabs/default?watch=true") as rules,
        ):
            assert await line(names) == ["default"]
            assert await line(rules) == RULES
            await client.put("/api/1/dtabs/web", json=RULES)
            assert await line(names) == ["default", "web"]
            await client.put("/api/1/dtabs/default", json=RULES)
            await client.put("/api/1/dtabs/default", json=[])
            assert await line(rules) == []
            await client.delete("/api/1/dtabs/default")
            async with asyncio.timeout(PATIENCE_S):
                assert [each async for each in rules] == []

    asyncio.run(scene())


def test_names_are_bound_by_the_dtab_of_the_namespace(tmp_path: Path) -> None:
    async def scene() -> None:
        async with namerd(with_files(tmp_path, web="127.0.0.1 80", api="127.0.0.1 81")) as (
            client,
            _,
        ):

            async def get(url: str) -> Any:
                return (await client.get(url)).json()

            assert await get("/api/1/bind/default?path=/svc/web/x") == leaf("web", 80, "/x")
            assert await get("/api/1/bind/default?path=/svc/no") == {"type": "neg"}
            assert await get("/api/1/bind/none?path=/svc/web") == {"type": "neg"}
            override = "/svc => /%23/io.l5d.fs/api"
            assert await get(f"/api/1/bind/none?path=/svc&dtab={override}") == leaf("api", 81)
            split = "/s => 0.7 * /svc/web %26 0.3 * /svc/api"
            assert await get(f"/api/1/bind/default?path=/s&dtab={split}") == {
                "type": "union",
                "union": [
                    {"weight": 0.7, "tree": leaf("web", 80)},
                    {"weight": 0.3, "tree": leaf("api", 81)},
                ],
            }
            assert await get("/api/1/addr/default?path=/#/io.l5d.fs/web".replace("#", "%23")) == (
                addr(80)
            )
            behind = "/%25/io.l5d.port/4141/%23/io.l5d.fs/web"
            assert await get(f"/api/1/addr/default?path={behind}") == addr(80)
            assert await get("/api/1/addr/default?path=/nowhere") == {"type": "neg"}
            assert await get("/api/1/resolve/default?path=/svc/web") == addr(80)
            assert await get("/api/1/resolve/default?path=/svc/no") == {"type": "neg"}
            drawn = await get(f"/api/1/resolve/default?path=/s&dtab={split}")
            assert drawn in (addr(80), addr(81))

            tree = await get("/api/1/delegate/default?path=/svc/web")
            assert tree["type"] == "delegate"
            assert tree["delegate"]["bound"] == leaf("web", 80)["bound"]
            assert await get("/api/1/delegate?namespace=default&path=/svc/web") == tree
            asked = {"namespace": "default", "path": "/svc/web", "dtab": ""}
            assert (await client.post("/api/1/delegate", json=asked)).json() == tree

    asyncio.run(scene())


def test_bound_names_are_those_in_use(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            namerd(with_files(tmp_path, web="127.0.0.1 80")) as (client, _),
            watching(client, "/api/1/bound-names?watch=true") as names,
        ):
            assert await line(names) == []
            async with watching(client, "/api/1/bind/default?path=/svc/web&watch=true"):
                assert await line(names) == ["/#/io.l5d.fs/web"]

    asyncio.run(scene())


def test_a_watch_tells_of_rules_and_of_addresses(tmp_path: Path) -> None:
    async def scene() -> None:
        text = with_files(tmp_path, web="127.0.0.1 80", api="127.0.0.1 81")
        async with (
            namerd(text) as (client, _),
            watching(client, "/api/1/bind/default?path=/svc/web&watch=true") as bound,
            watching(client, "/api/1/addr/x?path=/%23/io.l5d.fs/web&watch=true") as addrs,
        ):
            assert await line(bound) == leaf("web", 80)
            assert await line(addrs) == addr(80)
            (tmp_path / "web").write_text("127.0.0.1 82")
            assert await line(bound) == leaf("web", 82)
            assert await line(addrs) == addr(82)
            rule = [{"prefix": "/svc/web", "dst": "/#/io.l5d.fs/api"}]
            await client.put("/api/1/dtabs/default", json=rule)
            assert await line(bound) == leaf("api", 81)
            rule = [{"prefix": "/svc/web", "dst": "/$/no.such.namer"}]
            await client.put("/api/1/dtabs/default", json=rule)
            async with asyncio.timeout(PATIENCE_S):
                rest = [each async for each in bound]
            assert rest == ["Unknown namer: no.such.namer for path: /$/no.such.namer"]

    asyncio.run(scene())


def test_a_client_that_leaves_is_not_watched_for(tmp_path: Path) -> None:
    async def scene() -> None:
        text = with_files(tmp_path, web="127.0.0.1 80")
        async with (
            namerd(text) as (client, _),
            watching(client, "/api/1/bound-names?watch=true") as names,
        ):
            assert await line(names) == []
            async with watching(client, "/api/1/bind/default?path=/svc/web&watch=true") as bound:
                assert await line(bound) == leaf("web", 80)
                assert await line(names) == ["/#/io.l5d.fs/web"]
            assert await line(names) == []

    asyncio.run(scene())


def test_one_that_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answering, "ANSWER_SECONDS", 0.05)
    # nobody answers at that port
    text = f"{MEMORY}namers: [{{kind: io.l5d.k8s, host: 127.0.0.1, port: 1}}]\n"

    async def scene() -> None:
        async with namerd(text) as (client, _):
            path = "/%23/io.l5d.k8s/default/http/web"
            answer = await client.get(f"/api/1/bind/default?path={path}")
            assert (answer.status_code, answer.text) == (503, "Request timed out.")

    asyncio.run(scene())


def test_the_admin_port(tmp_path: Path) -> None:
    async def scene() -> None:
        async with namerd(with_files(tmp_path, web="127.0.0.1 80")) as (client, addresses):

            async def get(path: str) -> httpx.Response:
                return await client.get(f"{addresses.admin}{path}")

            assert (await get("/admin/ping")).text == "pong"
            assert "clew_namerd_dtabs 1.0" in (await get("/admin/metrics/prometheus")).text
            assert (await get("/storage.json")).json() == {"default": "/svc=>/#/io.l5d.fs"}
            assert (await get("/config.json")).json()["storage"]["kind"] == "io.l5d.inMemory"
            tree = (
                await get("/dtab/delegator.json?path=/svc&dtab=/svc=>/%23/io.l5d.fs/web")
            ).json()
            assert tree["delegate"]["bound"]["id"] == "/#/io.l5d.fs/web"
            assert (await get("/namer_state/io.l5d.fs.json")).status_code == 200
            shut = await client.post(f"{addresses.admin}/admin/shutdown")
            assert shut.status_code == 200

    asyncio.run(scene())


def test_a_port_in_use_is_said_with_its_interface() -> None:
    async def scene() -> None:
        async with namerd() as (_, addresses):
            port = addresses.controllers[0].rpartition(":")[2]
            with pytest.raises(PortError, match=f"io.l5d.httpController 127.0.0.1:{port} is alre"):
                async with namerd(MEMORY.replace("port: 0}]", f"port: {port}}}]")):
                    pass

    asyncio.run(scene())
