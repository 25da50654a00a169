from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.namers.watching import eventually
from tests.mesh.serve.authority import Authority

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.namers.k8s.ingress_tls import Claims, SecretName
from clew.mesh.serve.ingress_certificates import IngressCertificates
from clew.mesh.xds.ingress_tls import HostCertificates

ONE, TWO = SecretName("prod", "one"), SecretName("prod", "two")
CLAIMS = Claims({"a.com": ONE, "b.com": TWO}, ONE)


def pair(directory: Path, *names: str) -> dict[str, Any]:
    """The fields of a Secret."""
    Authority.new("ours").sign(directory, "x", *names)
    data = {
        "tls.crt": base64.b64encode((directory / "x.pem").read_bytes()).decode(),
        "tls.key": base64.b64encode((directory / "x.key").read_bytes()).decode(),
    }
    return {"type": "kubernetes.io/tls", "data": data}


class World:
    """A server, the certificates, and what they say."""

    def __init__(self, server: ApiServer) -> None:
        self.identifier = IngressIdentifier(host="127.0.0.1", port=server.port)
        self.changes = 0
        self.refused: dict[str, str] = {}
        self.certificates = IngressCertificates(self._changed, self._refuse)

    def use(self, claims: Claims | None) -> bool:
        return self.certificates.use({self.identifier: claims} if claims else {})

    @property
    def hosts(self) -> HostCertificates | None:
        return self.certificates.by_identifier.get(self.identifier)

    def _changed(self) -> None:
        self.changes += 1

    def _refuse(self, place: str, why: str) -> None:
        self.refused[place] = why


def sds(server: ApiServer, secret: SecretName) -> str:
    return f"{secret} of 127.0.0.1:{server.port}"


def test_what_is_shown_follows_the_secrets(tmp_path: Path) -> None:
    async def scene() -> None:
        async with served(ApiServer()) as server:
            world = World(server)
            one, two = sds(server, ONE), sds(server, TWO)
            server.put("secrets", "prod", "one", **pair(tmp_path, "a.com"))
            assert not world.use(CLAIMS)
            assert world.hosts is None
            await eventually(
                lambda: world.hosts == HostCertificates({"a.com": one}, one, frozenset({"b.com"}))
            )
            assert world.refused == {"Secret prod/two": "there is no Secret prod/two"}
            assert list(world.certificates.secrets) == [one]

            server.put("secrets", "prod", "two", **pair(tmp_path, "b.com"))
            await eventually(
                lambda: world.hosts == HostCertificates({"a.com": one, "b.com": two}, one)
            )
            assert world.refused == {"Secret prod/two": ""}

            before, changes = world.certificates.secrets, world.changes
            server.put("secrets", "prod", "one", **pair(tmp_path, "a.com"))
            await eventually(lambda: world.changes == changes + 1)
            assert world.certificates.secrets[one] != before[one]
            assert world.certificates.secrets[two] == before[two]

            server.put("secrets", "prod", "one", type="kubernetes.io/tls", data={})
            await eventually(
                lambda: world.hosts == HostCertificates({"b.com": two}, "", frozenset({"a.com"}))
            )
            assert "tls.crt holds no certificate in PEM" in world.refused["Secret prod/one"]

            assert world.use(None)
            assert world.refused == {"Secret prod/one": "", "Secret prod/two": ""}
            await world.certificates.stop()
            await eventually(lambda: not server.connections())

    asyncio.run(scene())


def test_without_the_right_to_read_them_the_reason_is_that(tmp_path: Path) -> None:
    async def scene() -> None:
        async with served(ApiServer()) as server:
            server.faults.forbid.add("secrets")
            server.put("secrets", "prod", "one", **pair(tmp_path, "a.com"))
            world = World(server)
            world.use(Claims({"a.com": ONE}))
            await eventually(lambda: world.hosts is not None)
            assert world.hosts == HostCertificates(refused=frozenset({"a.com"}))
            assert "Kubernetes answers 403" in world.refused["Secret prod/one"]
            server.faults.forbid.clear()
            await eventually(lambda: bool(world.hosts and world.hosts.by_host))
            await world.certificates.stop()

    asyncio.run(scene())


def test_only_secrets_that_are_named_are_read() -> None:
    async def scene() -> None:
        async with served(ApiServer()) as server:
            world = World(server)
            world.use(Claims({"a.com": ONE}))
            await eventually(lambda: world.hosts is not None)
            assert all("fieldSelector=metadata.name%3Done" in each for each in server.requests)
            await world.certificates.stop()

    asyncio.run(scene())


def test_a_host_without_a_secret_that_was_ever_read_waits(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        async with served(ApiServer()) as server:
            server.faults.hang.add("secrets")
            world = World(server)
            world.use(Claims({"a.com": ONE}))
            await eventually(lambda: bool(server.requests))
            assert world.hosts is None
            assert world.refused == {}
            await world.certificates.stop()

    asyncio.run(scene())
    assert caplog.messages == []
