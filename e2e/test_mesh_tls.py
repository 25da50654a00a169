"""TLS between two routers of the real Envoy, with certificates made for the test."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from tests.mesh.serve.authority import Authority

from e2e.mesh_world import App, World, new_world, running, until

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  interpreter: {{kind: default, transformers: [{{kind: io.l5d.port, port: {incoming}}}]}}
  servers: [{{port: {outgoing}}}]
  client:
    kind: io.l5d.static
    configs:
    - prefix: "/%/io.l5d.port/*/#/io.l5d.fs/{{service}}"
      tls: {{commonName: "{{service}}.mesh", trustCertsBundle: {certs}/ca.pem, CLIENT_AUTH}}
    - prefix: "/%/io.l5d.port/*/#/io.l5d.fs/plain"
      tls: {{enabled: false}}
- protocol: http
  label: incoming
  dtab: /svc => /#/io.l5d.fs
  servers:
  - port: {incoming}
    tls: {{certPath: {certs}/server.pem, keyPath: {certs}/server.key, SERVER_AUTH}}
"""
CLIENT_AUTH = "clientAuth: {{certPath: {certs}/client.pem, keyPath: {certs}/client.key}}"
SERVER_AUTH = "caCertPath: {certs}/ca.pem, requireClientAuth: true"


def secured_world(directory: Path, *, client_auth: str = "", server_auth: str = "") -> World:
    certs = directory / "certs"
    certs.mkdir()
    ours = Authority.new("ours")
    ours.write(certs / "ca.pem")
    ours.sign(certs, "server", "hello.mesh", "world.mesh")
    ours.sign(certs, "client", "client.mesh")
    text = LINKER.replace("CLIENT_AUTH", client_auth).replace("SERVER_AUTH", server_auth)
    return new_world(directory, text.replace("{certs}", str(certs)))


async def get(client: httpx.AsyncClient, host: str) -> httpx.Response:
    return await client.get("/", headers={"host": host})


def test_the_name_to_check_comes_from_the_captures(tmp_path: Path) -> None:
    world = secured_world(tmp_path)

    async def scenario() -> None:
        async with running(world, App("hello"), App("other")) as client:
            assert (await get(client, "hello")).json()["app"] == "hello"
            other = await get(client, "other")  # other.mesh is not in the certificate
            assert other.status_code == 502
            assert "service name: /svc/other" in other.text
            assert "CERTIFICATE_VERIFY_FAILED" in other.text

    asyncio.run(scenario())


def test_a_plain_request_on_a_tls_port_is_a_502_that_says_so(tmp_path: Path) -> None:
    world = secured_world(tmp_path)

    async def scenario() -> None:
        async with running(world, App("plain")) as client:
            plain = await get(client, "plain")
            assert plain.status_code == 502
            assert "closed the connection" in plain.text

    asyncio.run(scenario())


@pytest.mark.parametrize("shown", [True, False])
def test_a_server_that_requires_a_certificate(tmp_path: Path, shown: bool) -> None:
    world = secured_world(
        tmp_path, server_auth=SERVER_AUTH, client_auth=CLIENT_AUTH if shown else ""
    )

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            response = await get(client, "hello")
            assert response.status_code == (200 if shown else 502), response.text
            if not shown:
                assert "/svc/hello" in response.text

    asyncio.run(scenario())


def test_an_authority_that_is_not_trusted_is_a_502_that_says_so(tmp_path: Path) -> None:
    world = secured_world(tmp_path)
    Authority.new("theirs").write(tmp_path / "certs" / "ca.pem")

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            refused = await get(client, "hello")
            assert refused.status_code == 502
            assert "CERTIFICATE_VERIFY_FAILED" in refused.text

    asyncio.run(scenario())


def test_renewed_files_are_used_without_a_restart(tmp_path: Path) -> None:
    world = secured_world(tmp_path)
    certs = tmp_path / "certs"

    def serial_shown() -> int:
        pem = ssl.get_server_certificate(("127.0.0.1", world.ports["incoming"]))
        return x509.load_pem_x509_certificate(pem.encode()).serial_number

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            assert (await get(client, "hello")).status_code == 200
            before = await asyncio.to_thread(serial_shown)
            theirs = Authority.new("theirs")
            both = (certs / "ca.pem").read_bytes() + theirs.certificate.public_bytes(Encoding.PEM)
            (certs / "ca.pem").write_bytes(both)
            renewed = theirs.sign(certs, "server", "hello.mesh")
            assert renewed != before

            async def shown() -> bool:
                return await asyncio.to_thread(serial_shown) == renewed

            await until(shown)
            for _ in range(20):
                assert (await get(client, "hello")).status_code == 200

    asyncio.run(scenario())


def test_an_edit_that_names_a_missing_file_is_refused_and_nothing_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    world = secured_world(tmp_path)

    async def scenario() -> None:
        async with running(world, App("hello")) as client:
            assert (await get(client, "hello")).status_code == 200
            world.edit("server.pem", "none.pem")
            await until(lambda: any("none.pem cannot be read" in m for m in caplog.messages))
            assert (await get(client, "hello")).status_code == 200
        assert any("the edit is not used" in message for message in caplog.messages)

    asyncio.run(scenario())
