from __future__ import annotations

from typing import Any

import pytest
from envoy.config.listener.v3 import listener_pb2
from envoy.extensions.filters.network.http_connection_manager.v3 import http_connection_manager_pb2
from envoy.extensions.transport_sockets.tls.v3 import tls_pb2

from clew.mesh.config.linker import read_linker
from clew.mesh.xds.listeners import listener
from clew.mesh.xds.snapshot import SECRET
from clew.mesh.xds.tls import OWN_AUTHORITIES, OWN_CERTIFICATE

OWN = {(SECRET, OWN_CERTIFICATE), (SECRET, OWN_AUTHORITIES)}


def made(tls: str) -> tuple[Any, set[tuple[str, str]]]:
    """The listener of a server, and the secrets that it refers to."""
    file = f"routers: [{{protocol: http, servers: [{{tls: {tls}}}]}}]"
    resource = listener(read_linker(file, "linkerd.yml").routers[0], 0)
    refers = {ref for ref in resource.refers if ref[0] == SECRET}
    return listener_pb2.Listener.FromString(resource.body), {*refers}


def context(chain: Any) -> Any:
    return tls_pb2.DownstreamTlsContext.FromString(chain.transport_socket.typed_config.value)


def test_a_strict_server_talks_to_meshes_alone() -> None:
    message, refers = made("auto")
    (chain,) = message.filter_chains
    assert not message.listener_filters
    assert context(chain).require_client_certificate.value
    common = context(chain).common_tls_context
    assert common.tls_certificate_sds_secret_configs[0].name == OWN_CERTIFICATE
    assert common.validation_context_sds_secret_config.name == OWN_AUTHORITIES
    assert refers == OWN


def test_a_permissive_one_does_the_same_with_plain_text_and_asks_meshes_who_they_are() -> None:
    message, refers = made("{kind: auto, permissive: true}")
    (inspector,) = message.listener_filters
    assert inspector.typed_config.type_url.endswith("TlsInspector")
    chains = {each.filter_chain_match.transport_protocol: each for each in message.filter_chains}
    assert chains.keys() == {"tls", "raw_buffer"}
    assert chains["tls"].filters == chains["raw_buffer"].filters
    assert context(chains["tls"]).require_client_certificate.value
    assert not chains["raw_buffer"].HasField("transport_socket")
    assert refers == OWN


@pytest.mark.parametrize("tls", ["null", "{certPath: c, keyPath: k}"])
def test_others_have_one_chain_and_nothing_of_the_authority(tls: str) -> None:
    message, refers = made(tls)
    assert len(message.filter_chains) == 1
    assert not message.listener_filters
    assert not refers & OWN


@pytest.mark.parametrize(
    ("server", "seconds"),
    [
        ("tls: auto", 86_400),
        ("tls: auto, serverSession: {lifeTimeMs: 5000}", 5),
        ("port: 4140", 0),
    ],
)
def test_a_connection_lives_no_longer_than_a_certificate(server: str, seconds: int) -> None:
    file = f"routers: [{{protocol: http, servers: [{{{server}}}]}}]"
    resource = listener(read_linker(file, "linkerd.yml").routers[0], 0)
    (chain,) = listener_pb2.Listener.FromString(resource.body).filter_chains
    manager = http_connection_manager_pb2.HttpConnectionManager.FromString(
        chain.filters[0].typed_config.value
    )
    assert manager.common_http_protocol_options.max_connection_duration.seconds == seconds
