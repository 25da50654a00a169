from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.namers.watching import eventually

from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.serve import ingresses as module
from clew.mesh.serve.ingresses import Ingresses


def linker(server: ApiServer, *identifiers: str) -> Linker:
    place = f"kind: io.l5d.ingress, host: 127.0.0.1, port: {server.port}"
    listed = ", ".join(f"{{{place}, {each}}}" for each in identifiers)
    return read_linker(
        f"routers: [{{protocol: http, identifier: [{listed}], servers: [{{port: 1}}]}}]", "l5d.yaml"
    )


def spec(service: str, path: str = "/") -> dict[str, Any]:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    paths = [{"path": path, "pathType": "Exact", "backend": backend}]
    return {"rules": [{"http": {"paths": paths}}]}


def names(ingresses: Ingresses) -> list[list[str]]:
    """Of each identifier."""
    return sorted([str(rule.name) for rule in each.rules] for each in ingresses.rules.values())


def test_each_identifier_has_the_rules_of_its_namespace_and_they_follow_edits() -> None:
    async def scene() -> None:
        changes = 0

        def changed() -> None:
            nonlocal changes
            changes += 1

        async with served(ApiServer()) as server:
            server.put("ingresses", "a", "main", spec=spec("one"))
            server.put("ingresses", "b", "main", spec=spec("two"))
            ingresses = Ingresses(changed)
            ingresses.use(linker(server, "namespace: a", "ignoreDefaultBackends: true"))
            assert ingresses.rules == {}
            await ingresses.wait()
            assert names(ingresses) == [["/a/80/one"], ["/a/80/one", "/b/80/two"]]
            server.put("ingresses", "b", "main", spec=spec("three"))
            await eventually(lambda: names(ingresses)[1] == ["/a/80/one", "/b/80/three"])
            server.delete("ingresses", "a", "main")
            await eventually(lambda: names(ingresses) == [[], ["/b/80/three"]])
            before = changes
            ingresses.use(linker(server, "namespace: a"))
            assert names(ingresses) == [[]]
            assert changes == before + 1
            await ingresses.stop()
            await eventually(lambda: not server.connections())

    asyncio.run(scene())


def test_what_cannot_be_used_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with served(ApiServer()) as server:
            server.put("ingresses", "a", "main", spec=spec("one", path="x"))
            ingresses = Ingresses(lambda: None)
            ingresses.use(
                linker(server, "namespace: a", "namespace: a, ignoreDefaultBackends: true")
            )
            await ingresses.wait()
            server.put("ingresses", "a", "other", spec=spec("two"))
            await eventually(lambda: names(ingresses) == [["/a/80/two"], ["/a/80/two"]])
            await ingresses.stop()

    asyncio.run(scene())
    assert caplog.messages == ["Ingress a/main: path 'x' of host '*': it does not begin with '/'"]


def test_what_takes_too_long_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "FIRST_SECONDS", 0.05)

    async def scene() -> None:
        async with served(ApiServer()) as server:
            server.faults.hang.add("ingresses")
            ingresses = Ingresses(lambda: None)
            ingresses.use(linker(server, "namespace: a"))
            await ingresses.wait()
            await ingresses.stop()

    asyncio.run(scene())
    (told,) = caplog.messages
    assert told.startswith("Ingresses have not been read yet")
