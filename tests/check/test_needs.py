from __future__ import annotations

import pytest

from clew.check.needs import (
    Directory,
    DnsServer,
    File,
    Kubernetes,
    Page,
    Server,
    Thing,
    Variable,
    needs,
)
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.config.namerd import read_namerd
from clew.mesh.naming.bound import Address


def linker(head: str = "", server: str = "", interpreter: str = "kind: default") -> Linker:
    return read_linker(
        f"""
{head}
routers:
- protocol: http
  label: out
  interpreter: {{{interpreter}}}
  servers: [{{port: 4140{server}}}]
""",
        "linkerd.yaml",
    )


def of_namer(text: str) -> list[Thing]:
    return [each.thing for each in needs(linker(f"namers: [{{{text}}}]"))]


PROXY = Kubernetes("localhost", 8001)


@pytest.mark.parametrize(
    ("namer", "things"),
    [
        ("kind: io.l5d.fs, rootDir: disco", [Directory("disco")]),
        ("kind: io.l5d.k8s", [PROXY]),
        ("kind: io.l5d.k8s.external, host: kube, port: 1", [Kubernetes("kube", 1)]),
        (
            "kind: io.l5d.k8s.ns, envVar: NS",
            [Variable(("NS",), "metadata.namespace"), PROXY],
        ),
        ("kind: io.l5d.consul", [Page("http://localhost:8500/v1/status/leader")]),
        (
            "kind: io.l5d.consul, token: t",
            [Page("http://localhost:8500/v1/status/leader", {"X-Consul-Token": "t"})],
        ),
        ("kind: io.l5d.dnssrv", []),
        (
            'kind: io.l5d.dnssrv, dnsHosts: [10.0.0.1, "ns:5300"]',
            [DnsServer(Address("10.0.0.1", 53)), DnsServer(Address("ns", 5300))],
        ),
        (
            "kind: io.l5d.marathon, uriPrefix: /marathon",
            [Page("http://marathon.mesos:80/marathon/ping")],
        ),
        (
            "kind: io.l5d.marathon, host: m, port: 443, tls: {commonName: m}",
            [Server((Address("m", 443),))],
        ),
        (
            "kind: io.l5d.zkLeader, zkAddrs: [{host: a}, {host: b, port: 1}]",
            [Server((Address("a", 2181), Address("b", 1)))],
        ),
        ("kind: io.l5d.rewrite, prefix: /x, pattern: '/{a}', name: '/y/{a}'", []),
        (
            "kind: io.l5d.fs, rootDir: disco, transformers: [{kind: io.l5d.k8s.localnode}]",
            [Directory("disco"), Variable(("NODE_NAME", "POD_IP"), "spec.nodeName")],
        ),
    ],
)
def test_what_a_namer_needs(namer: str, things: list[Thing]) -> None:
    assert of_namer(namer) == things


@pytest.mark.parametrize(
    ("interpreter", "things"),
    [
        ("kind: default", []),
        ("kind: io.l5d.fs, dtabFile: d.dtab", [File("d.dtab")]),
        ("kind: io.l5d.k8s.configMap, name: n, filename: f", [PROXY]),
        (
            "kind: io.l5d.namerd.http, dst: /$/inet/127.1/4180, namespace: web",
            [Page("http://127.1:4180/api/1/dtabs/web")],
        ),
        (
            "kind: default, transformers: "
            "[{kind: io.l5d.k8s.daemonset, namespace: n, port: p, service: s}]",
            [PROXY],
        ),
    ],
)
def test_what_an_interpreter_needs(interpreter: str, things: list[Thing]) -> None:
    assert [each.thing for each in needs(linker(interpreter=interpreter))] == things


@pytest.mark.parametrize(
    ("storage", "things"),
    [
        ("kind: io.l5d.inMemory", []),
        ("kind: io.clew.fs, directory: dtabs", [Directory("dtabs")]),
        ("kind: io.l5d.k8s", [PROXY]),
    ],
)
def test_what_a_namerd_needs(storage: str, things: list[Thing]) -> None:
    text = f"storage: {{{storage}}}\ninterfaces: [{{kind: io.l5d.httpController}}]\n"
    namers = "namers: [{kind: io.l5d.fs, rootDir: disco}]"
    found = needs(read_namerd(text + namers, "namerd.yml"))
    assert [each.thing for each in found] == [Directory("disco"), *things]


def test_spans_are_not_vital() -> None:
    (http, other) = needs(
        linker("telemetry: [{kind: io.l5d.zipkin}, {kind: io.zipkin.http, host: 'z:1'}]")
    )
    assert (http.thing, http.vital) == (Server((Address("localhost", 9410),)), False)
    assert other.thing == Server((Address("z", 1),))
    assert http.who == "telemetry[0] io.l5d.zipkin"


def test_files_of_certificates_are_needed() -> None:
    tls = ", tls: {certPath: c.pem, keyPath: k.pem}"
    assert [each.thing for each in needs(linker(server=tls))] == [File("c.pem"), File("k.pem")]
    admin = "admin: {tls: {certPath: c.pem, keyPath: k.pem, caCertPath: ca.pem}}"
    of_admin = [File("c.pem"), File("k.pem"), File("ca.pem")]
    assert [each.thing for each in needs(linker(admin))] == of_admin


def test_what_several_need_is_looked_at_once() -> None:
    both = "namers: [{kind: io.l5d.k8s}, {kind: io.l5d.k8s.external}]"
    (need,) = needs(linker(both))
    assert need.who == "namers[0] io.l5d.k8s"


def test_a_router_that_is_named_by_ingresses_needs_kubernetes() -> None:
    identifier = "default}\n  identifier: {kind: io.l5d.ingress, port: 8002"
    (need,) = needs(linker(interpreter=f"kind: {identifier}"))
    assert (need.thing, need.who) == (
        Kubernetes("localhost", 8002),
        "router out io.l5d.ingress",
    )


@pytest.mark.parametrize(
    ("authority", "server", "things"),
    [
        ("{kind: io.clew.k8s}", ", tls: auto", [PROXY]),
        ("{kind: io.clew.k8s}", "", []),
        ("{dir: here}", ", tls: auto", []),
    ],
)
def test_an_authority_needs_kubernetes_while_it_is_used_and_kept_there(
    authority: str, server: str, things: list[Thing]
) -> None:
    file = linker(head=f"authority: {authority}", server=server)
    assert [each.thing for each in needs(file)] == things
