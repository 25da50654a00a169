"""A pod's own way to the API server: TLS by the cluster's authority, and the account's token."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path as File

import pytest
from tests.mesh.namers.contract import ONE, addresses
from tests.mesh.namers.k8s.api_server import ApiServer, endpoint_slice, served
from tests.mesh.namers.watching import watched
from tests.mesh.serve.authority import Authority

from clew.mesh.namers.k8s.access import Access, find_access
from clew.mesh.namers.k8s.api import Api
from clew.mesh.namers.k8s.lookups import ByEndpoints
from clew.mesh.namers.k8s.namer import K8s
from clew.mesh.naming.path import Path

HELLO = "/#/io.l5d.k8s/default/http/hello"
NO_PROXY = ("localhost", 1)


@pytest.mark.parametrize("trusted", [True, False])
def test_only_the_server_of_the_clusters_authority_is_asked(tmp_path: File, trusted: bool) -> None:
    authority = Authority.new("kubernetes")
    authority.sign(tmp_path, "server", "localhost")
    (authority if trusted else Authority.new("other")).write(tmp_path / "ca.crt")
    (tmp_path / "token").write_text("secret")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")

    async def scene() -> None:
        server = ApiServer(token="secret")
        fields = endpoint_slice("hello", [("10.0.0.1", "n1")], {"http": 8080})
        server.put("endpointslices", "default", "hello-1", **fields)

        def find() -> Access:
            environment = {
                "KUBERNETES_SERVICE_HOST": "localhost",
                "KUBERNETES_SERVICE_PORT": str(server.port),
            }
            return find_access(*NO_PROXY, environment, tmp_path)

        namer = K8s(Path.read("/#/io.l5d.k8s"), ByEndpoints(), lambda: Api(find))
        async with served(server, tls=tls), watched(namer) as watch:
            watch.want(HELLO)
            if trusted:
                assert addresses(await watch.answer(HELLO)) == [ONE]
            else:
                await asyncio.sleep(0.5)
                assert not any(watch.published)
                assert server.requests == []

    asyncio.run(scene())
