from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest
from tests.mesh.namers.watching import watched
from tests.mesh.serve.authority import Authority

from clew.mesh.config.linker import read_linker
from clew.mesh.config.tls import ClientAuth, ClientTls
from clew.mesh.namers.registry import build
from clew.mesh.namers.tls_context import TlsError, client_context
from clew.mesh.naming.answer import BoundTree
from clew.mesh.naming.dtab import Dtab
from clew.mesh.naming.nametree import Neg
from clew.mesh.naming.path import Path as Name
from clew.mesh.naming.remote import RemoteName, remote_root

LINKER = """
routers:
- protocol: http
  label: outgoing
  interpreter:
    kind: io.l5d.namerd.http
    dst: /$/inet/127.0.0.1/{port}
    tls:
      commonName: namerd.test
      trustCertsBundle: {files}/ca.pem
      clientAuth: {{certPath: {files}/mesh.pem, keyPath: {files}/mesh.key}}
  servers: [{{port: 1}}]
"""


def test_a_namerd_behind_tls_that_wants_to_know_who_asks(tmp_path: Path) -> None:
    authority = Authority.new("authority")
    authority.write(tmp_path / "ca.pem")
    authority.sign(tmp_path, "namerd", "namerd.test")
    authority.sign(tmp_path, "mesh", "mesh.test")
    server_side = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem")
    )
    server_side.verify_mode = ssl.CERT_REQUIRED
    server_side.load_cert_chain(tmp_path / "namerd.pem", tmp_path / "namerd.key")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        line = '{"type":"neg"}\n'
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{line}".encode())
        await reader.read()
        writer.close()

    async def scene() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=server_side)
        async with server:
            port = server.sockets[0].getsockname()[1]
            text = LINKER.format(port=port, files=tmp_path)
            (namer,) = build(read_linker(text, "linkerd.yml"))
            asked = RemoteName(Dtab(), Name.of("svc")).under(remote_root("outgoing"))
            async with watched(namer) as watch:
                watch.want(str(asked))
                assert await watch.answer(str(asked)) == BoundTree(Neg())

    asyncio.run(scene())


def test_trust_follows_the_section() -> None:
    trusting = client_context(ClientTls(disable_validation=True), "tls")
    assert trusting.verify_mode == ssl.CERT_NONE
    checking = client_context(ClientTls(common_name="a", protocols=("TLSv1.3",)), "tls")
    assert checking.verify_mode == ssl.CERT_REQUIRED
    assert checking.minimum_version == ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize(
    ("tls", "message"),
    [
        (
            ClientTls(common_name="a", trust_certs=("none.pem",)),
            r"tls: 'none.pem' cannot be used: No such file or directory \(it should be certific",
        ),
        (
            ClientTls(common_name="a", client_auth=ClientAuth(cert_path="c", key_path="k")),
            r"tls: 'c' and 'k' cannot be used: No such file or directory \(it should be a cert",
        ),
        (
            ClientTls(
                common_name="a",
                client_auth=ClientAuth(cert_path="c", key_path="k", intermediate_certs_path="i"),
            ),
            "intermediateCertsPath is not available here",
        ),
    ],
)
def test_files_that_cannot_be_used_are_named(tls: ClientTls, message: str) -> None:
    with pytest.raises(TlsError, match=message):
        client_context(tls, "tls")
