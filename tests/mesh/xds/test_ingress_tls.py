from __future__ import annotations

from typing import Any

from envoy.config.listener.v3 import listener_pb2
from envoy.extensions.transport_sockets.tls.v3 import tls_pb2

from clew.mesh.config.identifiers import IngressIdentifier
from clew.mesh.config.linker import read_linker
from clew.mesh.config.router import Router
from clew.mesh.config.tls import IngressServerTls
from clew.mesh.xds.ingress import ingress_identifiers
from clew.mesh.xds.ingress_tls import HostCertificates, chains
from clew.mesh.xds.listeners import listener
from clew.mesh.xds.snapshot import SECRET

BLUE = "{kind: io.l5d.ingress, ingressClassAnnotation: blue}"
GREEN = "{kind: io.l5d.ingress, ingressClassAnnotation: green}"


def router(tls: str = "ingress", identifier: str = BLUE, protocol: str = "http") -> Router:
    text = f"{{protocol: {protocol}, identifier: {identifier}, servers: [{{port: 1, tls: {tls}}}]}}"
    return read_linker(f"routers: [{text}]", "l5d.yaml").routers[0]


def told(router: Router, *certificates: HostCertificates) -> list[tuple[tuple[str, ...], str]]:
    """Hosts and secret of each chain; ``certificates`` are of the identifiers in turn."""
    tls = router.servers[0].tls
    assert isinstance(tls, IngressServerTls)
    found = chains(router, tls, by(router, *certificates))
    return [(chain.hosts, chain.secret) for chain in found]


def by(
    router: Router, *certificates: HostCertificates
) -> dict[IngressIdentifier, HostCertificates]:
    identifiers = [identifier for _, identifier in ingress_identifiers(router)]
    return dict(zip(identifiers, certificates, strict=True))


def test_hosts_of_one_certificate_are_one_chain_and_all_others_the_last() -> None:
    found = HostCertificates({"b.com": "two", "c.com": "one", "a.com": "one"}, "rest")
    assert told(router(), found) == [
        (("a.com", "c.com"), "one"),
        (("b.com",), "two"),
        ((), "rest"),
    ]


def test_a_host_that_is_refused_does_not_get_the_default() -> None:
    found = HostCertificates({"a.com": "one"}, "rest", frozenset({"b.com"}))
    assert told(router(), found) == [(("b.com",), ""), (("a.com",), "one"), ((), "rest")]
    assert told(router(), HostCertificates()) == [((), "")]


def test_files_are_the_default_before_any_ingress() -> None:
    files = "{kind: ingress, certPath: c, keyPath: k}"
    assert told(router(files), HostCertificates(default="rest")) == [((), "certificate c k")]


def test_the_first_identifier_has_a_host_that_several_name() -> None:
    both = router(identifier=f"[{BLUE}, {GREEN}]")
    blue = HostCertificates({"a.com": "blue"}, refused=frozenset({"b.com"}))
    green = HostCertificates({"a.com": "green", "b.com": "green", "c.com": "green"}, "rest")
    assert told(both, blue, green) == [
        (("b.com",), ""),
        (("a.com",), "blue"),
        (("c.com",), "green"),
        ((), "rest"),
    ]


def made(router: Router, certificates: HostCertificates) -> tuple[Any, set[str]]:
    resource = listener(router, 0, certificates=by(router, certificates))
    secrets = {name for kind, name in resource.refers if kind == SECRET}
    return listener_pb2.Listener.FromString(resource.body), secrets


def test_a_chain_shows_its_certificate_and_one_without_closes() -> None:
    found = HostCertificates({"a.com": "one"}, "rest", frozenset({"b.com"}))
    message, secrets = made(router(protocol="h2"), found)
    (inspector,) = message.listener_filters
    assert inspector.typed_config.type_url.endswith("TlsInspector")
    assert secrets == {"one", "rest"}
    closed, own, rest = message.filter_chains
    assert [list(each.filter_chain_match.server_names) for each in message.filter_chains] == [
        ["b.com"],
        ["a.com"],
        [],
    ]
    assert not closed.filters
    assert own.filters == rest.filters
    context = tls_pb2.DownstreamTlsContext.FromString(own.transport_socket.typed_config.value)
    (secret,) = context.common_tls_context.tls_certificate_sds_secret_configs
    assert secret.name == "one"
    assert context.common_tls_context.alpn_protocols == ["h2", "http/1.1"]


def test_a_chain_is_named_by_nothing_that_changes_with_other_chains() -> None:
    """Envoy keeps the connections of a chain that is the same to the byte."""
    before, _ = made(router(), HostCertificates({"a.com": "one"}, "rest"))
    more = HostCertificates({"0.com": "0", "a.com": "one"}, "rest")
    after, _ = made(router(), more)
    assert list(before.filter_chains) == list(after.filter_chains)[1:]
