"""Hosts of Ingresses with certificates of their own, through the real Envoy."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.mesh.namers.k8s.api_server import ApiServer, served
from tests.mesh.serve.authority import Authority

from e2e.mesh_world import App, World, new_world, running, until
from e2e.test_mesh_ingress import ingress

LINKER = """
admin: {{port: {admin}, shutdownGraceMs: 2000}}
namers: [{{kind: io.l5d.fs, rootDir: {disco}}}]
routers:
- protocol: http
  label: outgoing
  identifier: {{kind: io.l5d.ingress, host: 127.0.0.1, port: KUBERNETES}}
  dtab: |
    /svc/*/80 => /#/io.l5d.fs;
  servers:
  - port: {outgoing}
  - port: {incoming}
    tls: TLS
"""


class Certificates:
    """Of an authority of the test."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._authority = Authority.new("ours")

    def secret(self, *names: str, **instead: bytes) -> tuple[int, dict[str, Any]]:
        """Serial number, and the fields of a Secret; ``instead`` is by ``crt`` and ``key``."""
        serial = self._authority.sign(self._directory, names[0], *names)
        data = {
            f"tls.{entry}": base64.b64encode(instead.get(entry, file.read_bytes())).decode()
            for entry, file in (
                ("crt", self._directory / f"{names[0]}.pem"),
                ("key", self._directory / f"{names[0]}.key"),
            )
        }
        return serial, {"type": "kubernetes.io/tls", "data": data}

    def files(self, name: str) -> tuple[int, str]:
        serial = self._authority.sign(self._directory, name, name)
        place = self._directory / name
        return serial, f"certPath: {place}.pem, keyPath: {place}.key"


@dataclass
class Connection:
    """By TLS, kept open."""

    serial: int
    """Of the certificate that was shown."""
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    host: str

    async def get(self) -> str:
        """The headers of a reply, lower-cased; it has to be good."""
        self.writer.write(f"GET / HTTP/1.1\r\nhost: {self.host}\r\n\r\n".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200"), head
        (length,) = (
            int(line.partition(":")[2])
            for line in head.splitlines()
            if line.startswith("content-length:")
        )
        await self.reader.readexactly(length)
        return head


@asynccontextmanager
async def connected(world: World, host: str) -> AsyncIterator[Connection]:
    """Raises OSError for a host that is refused."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", world.ports["incoming"], ssl=context, server_hostname=host
    )
    try:
        der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        serial = x509.load_der_x509_certificate(der).serial_number
        yield Connection(serial, reader, writer, host)
    finally:
        writer.close()


async def shown(world: World, host: str) -> int:
    """The serial number; 0 for a host that is refused."""
    try:
        async with connected(world, host) as connection:
            await connection.get()
            return connection.serial
    except OSError:
        return 0


async def refused(world: World) -> dict[str, str]:
    async with httpx.AsyncClient() as client:
        page = await client.get(f"http://127.0.0.1:{world.ports['admin']}/clew/mesh.json")
    return {each["file"]: each["why"] for each in page.json()["refused"]}


def spec(**hosts: str | None) -> dict[str, Any]:
    """Of an Ingress that leads everywhere to web; ``hosts`` are by Secret, ``_`` for a dot."""
    tls = [
        {"secretName": secret.replace("_", "-"), **({"hosts": [host]} if host else {})}
        for secret, host in hosts.items()
    ]
    return ingress(("", "Prefix", "/", "web"), tls=tls)


def linker(server: ApiServer, tls: str) -> str:
    return LINKER.replace("KUBERNETES", str(server.port)).replace("TLS", tls)


def test_each_host_has_its_certificate_and_changes_of_one_are_nothing_to_others(
    tmp_path: Path,
) -> None:
    certificates = Certificates(tmp_path)

    async def scenario() -> None:
        async with served(ApiServer()) as server:
            first, one = certificates.secret("a.com")
            wild, two = certificates.secret("*.b.com")
            other, files = certificates.files("other.com")
            server.put("secrets", "prod", "one", **one)
            server.put("secrets", "prod", "two", **two)
            server.put("ingresses", "prod", "main", spec=spec(one="a.com", two="*.b.com"))
            world = new_world(tmp_path, linker(server, f"{{{{kind: ingress, {files}}}}}"))
            async with running(world, App("web")), connected(world, "a.com") as kept:
                assert kept.serial == first
                assert await shown(world, "x.b.com") == wild
                assert await shown(world, "other.com") == other
                assert await refused(world) == {}

                # one more host, whose Secret comes later
                more = spec(one="a.com", two="*.b.com", late="c.com")
                server.put("ingresses", "prod", "main", spec=more)
                await until(lambda: is_refused(world, "c.com"))
                assert await refused(world) == {"Secret prod/late": "there is no Secret prod/late"}
                late, three = certificates.secret("c.com")
                server.put("secrets", "prod", "late", **three)
                await until(lambda: is_shown(world, "c.com", late))
                assert await refused(world) == {}

                # a Secret is renewed
                second, renewed = certificates.secret("a.com")
                server.put("secrets", "prod", "one", **renewed)
                await until(lambda: is_shown(world, "a.com", second))

                # another one is broken, and goes
                _, broken = certificates.secret("*.b.com", key=b"no key")
                server.put("secrets", "prod", "two", **broken)
                await until(lambda: is_refused(world, "x.b.com"))
                (why,) = (await refused(world)).values()
                assert why.startswith("Secret prod/two: tls.key holds no private key in PEM")
                server.delete("secrets", "prod", "two")
                await until(lambda: told(world, "there is no Secret prod/two"))
                assert await is_refused(world, "x.b.com")

                # none of which the first connection has noticed
                assert "connection: close" not in await kept.get()
                assert await shown(world, "other.com") == other

    asyncio.run(scenario())


async def is_shown(world: World, host: str, serial: int) -> bool:
    return await shown(world, host) == serial


async def is_refused(world: World, host: str) -> bool:
    return await shown(world, host) == 0


async def told(world: World, why: str) -> bool:
    return why in (await refused(world)).values()


def test_an_ingress_without_hosts_names_the_default_and_without_one_others_are_refused(
    tmp_path: Path,
) -> None:
    certificates = Certificates(tmp_path)

    async def scenario() -> None:
        async with served(ApiServer()) as server:
            server.put("ingresses", "prod", "main", spec=spec())
            world = new_world(tmp_path, linker(server, "ingress"))
            async with running(world, App("web")) as client:
                assert await is_refused(world, "a.com")
                # the other port of the router is plain
                assert (await client.get("/", headers={"host": "a.com"})).status_code == 200
                serial, fields = certificates.secret("any.com")
                server.put("secrets", "prod", "any", **fields)
                server.put("ingresses", "prod", "main", spec=spec(any=None))
                await until(lambda: is_shown(world, "a.com", serial))

    asyncio.run(scenario())


def test_keys_that_envoy_does_not_take_refuse_their_hosts_alone(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path)
    odd = ec.generate_private_key(ec.SECP224R1())
    pem = odd.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    async def scenario() -> None:
        async with served(ApiServer()) as server:
            good, fields = certificates.secret("a.com")
            server.put("secrets", "prod", "good", **fields)
            server.put("secrets", "prod", "odd", **certificates.secret("b.com", key=pem)[1])
            server.put("secrets", "prod", "none", type="kubernetes.io/tls", data={})
            server.put("secrets", "prod", "other", type="Opaque", data={})
            hosts = spec(good="a.com", odd="b.com", none="c.com", other="d.com")
            server.put("ingresses", "prod", "main", spec=hosts)
            world = new_world(tmp_path, linker(server, "ingress"))
            async with running(world, App("web")):
                assert await shown(world, "a.com") == good
                for host in ("b.com", "c.com", "d.com"):
                    assert await is_refused(world, host)
                assert await refused(world) == {
                    "Secret prod/odd": "Secret prod/odd: tls.key is a key that Envoy does not take "
                    "(it must be RSA of at least 2048 bits, P-256, P-384, P-521 or Ed25519)",
                    "Secret prod/none": "Secret prod/none: tls.crt holds no certificate in PEM",
                    "Secret prod/other": "Secret prod/other: its type is Opaque, not "
                    "kubernetes.io/tls",
                }

    asyncio.run(scenario())
