from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.mesh.config.admin import Admin
from clew.mesh.config.classifier import GrpcClassifier, RetryableRead5XX
from clew.mesh.config.identifiers import (
    AuthorityIdentifier,
    HeaderPathIdentifier,
    HeaderTokenIdentifier,
)
from clew.mesh.config.linker import ConfigError, Linker, read_linker
from clew.mesh.config.namers import FsNamer
from clew.mesh.config.router import HttpRouter
from clew.mesh.config.server import Server
from clew.mesh.config.service import GlobalService
from clew.mesh.config.telemetry import (
    PrometheusTelemeter,
    RecentRequestsTelemeter,
    ZipkinTelemeter,
)
from clew.mesh.config.transformers import PortTransformer
from clew.mesh.naming.path import Path

SEED = """\
admin:
  ip: 0.0.0.0
  port: 9990

namers:
- kind: io.l5d.fs
  rootDir: disco

telemetry:
- kind: io.l5d.prometheus
- kind: io.l5d.zipkin
  host: zipkin-collector.default.svc.cluster.local
  port: 9410
  sampleRate: 1.0
- kind: io.l5d.recentRequests
  sampleRate: 0.25

usage:
  orgId: linkerd-examples-daemonset-zipkin

routers:
- protocol: http
  label: outgoing
  dtab: |
    /srv        => /#/io.l5d.fs;
    /host       => /srv;
    /svc        => /host;
    /host/world => /srv/world-v1;
  interpreter:
    kind: default
    transformers:
    - kind: io.l5d.port
      port: 4141
  servers:
  - port: 4140
    ip: 0.0.0.0
  service:
    responseClassifier:
      kind: io.l5d.http.retryableRead5XX

- protocol: http
  label: incoming
  dtab: |
    /srv        => /#/io.l5d.fs;
    /host       => /srv;
    /svc        => /host;
    /host/world => /srv/world-v1;
  interpreter:
    kind: default
  servers:
  - port: 4141
    ip: 0.0.0.0
"""


def problems(text: str) -> list[str]:
    """What is wrong with the file, ``LINE: what``."""
    with pytest.raises(ConfigError) as error:
        read_linker(text, "linkerd.yml")
    lines = str(error.value).splitlines()
    assert all(line.startswith("linkerd.yml:") for line in lines)
    return [line.removeprefix("linkerd.yml:") for line in lines]


def with_router(yaml_text: str) -> str:
    """A file whose only router has these keys too; its first line is line 4."""
    indented = "".join(f"  {line}\n" for line in yaml_text.splitlines())
    return f"routers:\n- protocol: http\n  servers: [{{}}]\n{indented}"


def test_the_file_of_the_post_is_read() -> None:
    linker = read_linker(SEED, "linkerd.yml")
    assert linker.admin == Admin(ip="0.0.0.0", port=9990)
    assert linker.namers == (FsNamer(root_dir="disco"),)
    assert linker.namers[0].root == Path.read("/#/io.l5d.fs")
    assert linker.telemetry == (
        PrometheusTelemeter(),
        ZipkinTelemeter(
            host="zipkin-collector.default.svc.cluster.local", port=9410, sample_rate=1.0
        ),
        RecentRequestsTelemeter(sample_rate=0.25),
    )
    outgoing, incoming = linker.routers
    assert (outgoing.label, incoming.label) == ("outgoing", "incoming")
    assert str(outgoing.dtab) == (
        "/srv=>/#/io.l5d.fs;/host=>/srv;/svc=>/host;/host/world=>/srv/world-v1"
    )
    assert outgoing.interpreter.transformers == (PortTransformer(port=4141),)
    assert outgoing.servers == (Server(port=4140, ip="0.0.0.0"),)
    assert outgoing.servers[0].service_name == "0.0.0.0/4140"
    name = Path.read("/svc/hello")
    assert outgoing.service.at(name).response_classifier == RetryableRead5XX()
    assert incoming.service.at(name).response_classifier is None


def test_the_shortest_file_has_linkerds_defaults() -> None:
    linker = read_linker("routers: [{protocol: http, servers: [{}]}]", "linkerd.yml")
    (router,) = linker.routers
    assert (router.protocol, router.label, str(router.dst_prefix)) == ("http", "http", "/svc")
    assert router.identifier == (HeaderTokenIdentifier(header="Host"),)
    assert router.interpreter.kind == "default"
    assert router.binding_timeout_ms == 10_000
    (server,) = router.servers
    assert (server.ip, server.port, server.clear_context) == ("127.0.0.1", 4140, False)
    assert (linker.admin.ip, linker.admin.port) == ("127.0.0.1", 9990)
    assert linker.admin.shutdown_grace_ms == 10_000
    assert (linker.namers, linker.telemetry) == ((), ())


def test_json_is_read_too() -> None:
    written = json.dumps(yaml.safe_load(SEED), indent="\t")
    assert read_linker(written, "linkerd.json") == read_linker(SEED, "linkerd.yml")
    assert read_linker("\n  " + written, "-") == read_linker(SEED, "linkerd.yml")


EVERYTHING = """
admin:
  ip: "::1"
  port: 0
  socketOptions: {noDelay: true}
  shutdownGraceMs: 5000
  workerThreads: 4
usage: {orgId: x, enabled: false}
telemetry:
- kind: io.l5d.prometheus
  path: /metrics
  prefix: l5d_
- {kind: io.l5d.influxdb}
- {kind: io.l5d.statsd, experimental: true, prefix: p, hostname: h, port: 1, gaugeIntervalMs: 2,
   sampleRate: 0.5}
- {kind: io.l5d.recentRequests, sampleRate: 1, capacity: 3}
- {kind: io.l5d.tracelog, sampleRate: 0.2, level: DEBUG}
- {kind: io.l5d.zipkin}
- {kind: io.zipkin.http, host: "z:1", hostHeader: h, compressionEnabled: false,
   initialSampleRate: 0.1}
- {kind: io.zipkin.kafka, bootstrapServers: k, topic: t, initialSampleRate: 0.1}
namers:
- {kind: io.l5d.fs, rootDir: d, prefix: /p, experimental: true,
   transformers: [{kind: io.l5d.port, port: 1, prefix: /t}]}
- {kind: io.l5d.rewrite, prefix: /r, pattern: "/{a}", name: "/b/{a}"}
routers:
- protocol: http
  experimental: true
  label: all
  originator: true
  dtab: /svc => /a
  dstPrefix: /http
  bindingTimeoutMs: 1
  bindingCache: {paths: 1, trees: 2, bounds: 3, clients: 4, idleTtlSecs: 5}
  announcers: [{kind: io.l5d.serversets, zkAddrs: [{host: zk}], pathPrefix: /d}]
  tracePropagator: {kind: io.l5d.zipkin}
  identifier:
  - {kind: io.l5d.header.token, header: my-name}
  - {kind: io.l5d.header.token}
  interpreter:
    kind: default
    transformers:
    - {kind: io.l5d.localhost}
    - {kind: io.l5d.specificHost, host: 10.0.0.1}
    - {kind: io.l5d.const, path: /$/inet/h/1}
    - {kind: io.l5d.replace, path: /$/inet/h/1}
  httpAccessLog: /dev/stdout
  httpAccessLogRollPolicy: weekly(3)
  httpAccessLogAppend: false
  httpAccessLogRotateCount: 2
  maxHeadersKB: 9
  maxInitialLineKB: 5
  maxErrResponseKB: 6
  streamingEnabled: true
  streamAfterContentLengthKB: 7
  compressionLevel: 3
  servers:
  - port: 0
    ip: 0.0.0.0
    label: s
    maxConcurrentRequests: 10
    announce: [/#/io.l5d.serversets/x]
    timeoutMs: 20
    serverSession: {idleTimeMs: 1, lifeTimeMs: 2}
    clearContext: true
    socketOptions: {noDelay: false, reuseAddr: true, reusePort: true, readTimeoutMs: 1,
                    writeTimeoutMs: 2, keepAlive: true, backlog: 3}
    addForwardedHeader: {by: {kind: "ip:port"}, for: {kind: static, label: me}}
    timestampHeader: x-start
    maxCallDepth: 5
  - {port: 1, addForwardedHeader: {}}
  client:
    kind: io.l5d.static
    configs:
    - prefix: /
      tls: {enabled: false}
      loadBalancer: {kind: aperture, maxEffort: 1, smoothWindowMs: 2, lowLoad: 0.1, highLoad: 3,
                     minAperture: 2, enableProbation: true}
      hostConnectionPool: {minSize: 1, maxSize: 2, idleTimeMs: 3, maxWaiters: 4}
      failFast: true
      failureAccrual: {kind: io.l5d.successRate, successRate: 0.9, requests: 10,
                       backoff: {kind: constant, ms: 3}}
      requestAttemptTimeoutMs: 5
      requeueBudget: {minRetriesPerSec: 1, percentCanRetry: 0.5, ttlSecs: 2}
      clientSession: {idleTimeMs: 1, lifeTimeMs: 2}
      socketOptions: {backlog: 1}
      forwardClientCert: false
    - {prefix: /a, loadBalancer: {kind: ewma, decayTimeMs: 1}, failureAccrual: {kind: none}}
    - {prefix: /b, loadBalancer: {kind: heap},
       failureAccrual: {kind: io.l5d.successRateWindowed, successRate: 0.9, window: 30}}
    - {prefix: /c, loadBalancer: {kind: roundRobin}, failureAccrual: {failures: 3}}
  service:
    kind: io.l5d.static
    configs:
    - prefix: /svc
      totalTimeoutMs: 5
      retries: {budget: {percentCanRetry: 1.5}, backoff: {kind: jittered, minMs: 1, maxMs: 2}}
      responseClassifier: {kind: io.l5d.http.allSuccessful}
"""


def test_every_key_is_known() -> None:
    linker = read_linker(EVERYTHING, "linkerd.yml")
    (router,) = linker.routers
    assert isinstance(router, HttpRouter)
    assert router.max_headers_kb == 9
    assert router.servers[0].add_forwarded_header is not None
    assert router.servers[0].add_forwarded_header.for_.kind == "static"
    assert router.servers[1].add_forwarded_header is not None
    assert router.servers[1].add_forwarded_header.by.kind == "requestRandom"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", ["1: the file is empty (it needs 'routers')"], id="empty"),
        pytest.param("# nothing\n", ["1: the file is empty (it needs 'routers')"], id="blank"),
        pytest.param("- a", ["1: a list is not a mapping"], id="a list"),
        pytest.param("hello", ["1: 'hello' is not a mapping"], id="a word"),
        pytest.param("a: [1", ["1: while parsing a flow sequence"], id="no YAML"),
        pytest.param("a: 1\n---\nb: 2", ["2: expected a single document"], id="two documents"),
        pytest.param("a: \x07", ["1: a character that YAML does not allow"], id="a bell"),
        pytest.param("[" * 5000, ["1: nested too deep"], id="too deep"),
        pytest.param(
            "routers: []\n? [a]\n: 1", ["1: routers: ", "2: a list is not a key"], id="a key"
        ),
        pytest.param(
            "admin: {}",
            ["1: At least one router must be specified in the configuration."],
            id="no routers",
        ),
        pytest.param(
            "routers: []",
            ["1: routers: At least one router must be specified in the configuration."],
            id="an empty list of them",
        ),
        pytest.param(
            "routers:\n- protocol: http\n",
            ["2: routers[0]: router has no servers"],
            id="no servers",
        ),
        pytest.param(
            "routers:\n- protocol: http\n  servers: []\n",
            ["3: routers[0].servers: router has no servers"],
            id="an empty list of servers",
        ),
        pytest.param(
            "routers:\n- servers: [{}]\n",
            ["2: routers[0] needs 'protocol' (one of: h2, http)"],
            id="no protocol",
        ),
    ],
)
def test_files_that_are_none(text: str, found: list[str]) -> None:
    seen = problems(text)
    assert len(seen) == len(found)
    for line, beginning in zip(seen, found, strict=True):
        assert line.startswith(beginning)


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        pytest.param(
            "lables: x",
            "4: unknown key 'lables' in routers[0] (did you mean 'label'?)",
            id="a key that is nearly one",
        ),
        pytest.param(
            "dstprefix: /a",
            "4: unknown key 'dstprefix' in routers[0] (did you mean 'dstPrefix'?)",
            id="case",
        ),
        pytest.param(
            "label: a\nlabel: b",
            "5: key 'label' is here for the second time in routers[0]",
            id="twice",
        ),
        pytest.param("<<: {label: a}", "4: unknown key '<<' in routers[0]", id="no merge keys"),
        pytest.param(
            "service:\n  kind: io.l5d.gobal",
            "5: routers[0].service: unknown kind 'io.l5d.gobal' (did you mean 'io.l5d.global'?)",
            id="a kind that is nearly one",
        ),
        pytest.param(
            "service:\n  kind: xyz",
            "5: routers[0].service: unknown kind 'xyz' (known: io.l5d.global, io.l5d.static)",
            id="a kind that is nothing like one",
        ),
        pytest.param(
            "client: {kind: io.l5d.static}",
            "4: routers[0].client needs 'configs'",
            id="a required key",
        ),
        pytest.param(
            "service:\n  responseClassifier: {}",
            "5: routers[0].service.responseClassifier needs 'kind' (one of: ",
            id="a required kind",
        ),
        pytest.param(
            "bindingTimeoutMs: soon",
            "4: routers[0].bindingTimeoutMs: 'soon' is not a whole number",
            id="no number",
        ),
        pytest.param(
            "bindingTimeoutMs: 1.5",
            "4: routers[0].bindingTimeoutMs: '1.5' is not a whole number",
            id="no whole number",
        ),
        pytest.param(
            "bindingTimeoutMs: -1",
            "4: routers[0].bindingTimeoutMs: '-1' is not 0 or more",
            id="negative",
        ),
        pytest.param(
            "streamingEnabled: maybe",
            "4: routers[0].streamingEnabled: 'maybe' is not true or false",
            id="neither true nor false",
        ),
        pytest.param(
            "identifier: io.l5d.path",
            "4: routers[0].identifier: 'io.l5d.path' is not a mapping (write {kind: io.l5d.path})",
            id="a kind as a bare word",
        ),
        pytest.param(
            "service: {kind: io.l5d.static, configs: {prefix: /svc}}",
            "4: routers[0].service.configs: a mapping is not a list "
            "(put '- ' before its first key)",
            id="one item in place of a list",
        ),
        pytest.param(
            "maxCallDepth: 5",
            "4: unknown key 'maxCallDepth' in routers[0] (it stands under servers)",
            id="a key of servers",
        ),
        pytest.param("label: [a]", "4: routers[0].label: a list is not a single value", id="list"),
        pytest.param("client: x", "4: routers[0].client: 'x' is not a mapping", id="no mapping"),
        pytest.param(
            "announcers: {}", "4: routers[0].announcers: a mapping is not a list", id="no list"
        ),
        pytest.param(
            "dstPrefix: svc",
            "4: routers[0].dstPrefix: '/' expected but 's' found at '[s]vc'",
            id="no path",
        ),
        pytest.param(
            "dtab: /a => /b; c => /d",
            "4: routers[0].dtab: '/' expected but 'c' found at '/a => /b; [c] => /d'",
            id="a dtab in one line",
        ),
        pytest.param(
            "dtab: |\n  # why\n  /a => /b;\n\n  /c > /d;\n  /e => /f;",
            "8: routers[0].dtab: '=' expected but '>' found at '/c [>] /d;'",
            id="a dtab in a block points at its own line",
        ),
        pytest.param(
            "dtab: >\n  /a => /b;\n  /c > /d;\n  /e => /f;",
            "6: routers[0].dtab: '=' expected but '>' found at",
            id="in a folded block too",
        ),
        pytest.param(
            "dtab: '/a => /b;\n\n  /c > /d'",
            "6: routers[0].dtab: '=' expected but '>' found at",
            id="and in quotes",
        ),
        pytest.param(
            "dtab: |\n  /a => /b;\n  /c =>\n\n\nlabel: x",
            "6: routers[0].dtab: simple expected but end of input found at '/c =>[]'",
            id="a dtab that ends too early",
        ),
        pytest.param(
            "identifier: []",
            "4: routers[0].identifier: the list of identifiers is empty",
            id="no identifiers",
        ),
        pytest.param(
            "streamingEnabled: false\nstreamAfterContentLengthKB: 5",
            "5: Can't disable streaming and set streamAfterContentLengthKB in http",
            id="streaming",
        ),
        pytest.param(
            "httpAccessLogRollPolicy: fortnightly",
            "4: routers[0].httpAccessLogRollPolicy: 'fortnightly' is not never, hourly,",
            id="roll policy",
        ),
        pytest.param(
            "client: {failureAccrual: {kind: io.l5d.consecutiveFailures, failures: 5, "
            "backoff: {kind: jittered, minMs: 3, maxMs: 2}}}",
            "4: minMs 3 is above maxMs 2",
            id="backoff",
        ),
        pytest.param(
            "client: {failureAccrual: {backoff: {kind: jittered, maxMs: 2}}}",
            "4: routers[0].client.failureAccrual.backoff needs 'minMs'",
            id="backoff without bounds",
        ),
        pytest.param(
            "client: {kind: io.l5d.static, configs: [{prefix: '/{a}('}]}",
            "4: routers[0].client.configs[0].prefix: a pattern",
            id="a prefix that is no pattern",
        ),
        pytest.param(
            "client:\n  tls: {trustCerts: [a]}",
            "5: tls is configured with validation but `commonName` is not set",
            id="tls",
        ),
        pytest.param(
            "interpreter: {kind: io.l5d.namerd, dst: /$/inet/namerd/4100}",
            "4: routers[0].interpreter: io.l5d.namerd is not available in this version of clew; "
            "use io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
            id="interpreters",
        ),
        pytest.param(
            "interpreter: {kind: io.l5d.k8s.configMap, name: a/b, filename: main}",
            "4: routers[0].interpreter.name: 'a/b' is not a name in Kubernetes: lower-case "
            "letters, digits, '-' and '.'",
            id="a name that Kubernetes does not take",
        ),
        pytest.param(
            "interpreter: {kind: io.l5d.namerd.http, dst: /#/io.l5d.fs/namerd}",
            "4: /#/io.l5d.fs/namerd is no address: write /$/inet/HOST/PORT",
            id="a namerd that has to be looked for",
        ),
        pytest.param(
            "interpreter: {kind: io.l5d.namerd.http, dst: /$/inet/a/1, retry: {maxSeconds: 2}}",
            "4: baseSeconds is more than maxSeconds",
            id="a retry that shrinks",
        ),
        pytest.param(
            "identifier: {kind: io.l5d.path, segments: 21}",
            "4: routers[0].identifier[0].segments: '21' is not between 1 and 20",
            id="more segments than Envoy can cut",
        ),
        pytest.param(
            "identifier: {kind: io.l5d.k8s.istio}",
            "4: routers[0].identifier[0]: io.l5d.k8s.istio is not available in this version of "
            "clew; use io.l5d.header.token",
            id="identifiers",
        ),
        pytest.param(
            "interpreter:\n  transformers:\n  - kind: io.l5d.k8s.daemonset\n"
            "    namespace: default\n    port: incoming",
            "6: routers[0].interpreter.transformers[0] needs 'service'",
            id="transformers",
        ),
    ],
)
def test_mistakes_in_a_router(keys: str, found: str) -> None:
    (line,) = problems(with_router(keys))
    assert line.startswith(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("admin: {port: 99999}", "1: admin.port: '99999' is not a port (0 to 65535)"),
        ("admin: {ip: localhost}", "1: admin.ip: 'localhost' is not an IP address"),
        ("admin: {tls: {certPath: c}}", "1: admin.tls needs 'keyPath'"),
        (
            "telemetry: [{kind: io.l5d.recentRequests}]",
            "1: telemetry[0] needs 'sampleRate'",
        ),
        (
            "telemetry: [{kind: io.l5d.zipkin, sampleRate: 1.5}]",
            "1: telemetry[0].sampleRate: '1.5' is not between 0.0 and 1.0",
        ),
        (
            "telemetry: [{kind: io.l5d.zipkin, sampleRate: nan}]",
            "1: telemetry[0].sampleRate: 'nan' is not",
        ),
        (
            "telemetry: [{kind: io.zipkin.http, host: zipkin}]",
            "1: telemetry[0].host: 'zipkin' is not a host and a port, host:port",
        ),
        ("telemetry: [{kind: io.l5d.commonMetrics}]", "1: telemetry[0]: unknown kind"),
        ("namers: [{kind: io.l5d.fs}]", "1: namers[0] needs 'rootDir'"),
        (
            "namers: [{kind: io.l5d.rewrite, pattern: /a, name: /b}]",
            "1: namers[0] needs 'prefix'",
        ),
        (
            "namers: [{kind: io.l5d.rancher, maxWait: 30}]",
            "1: namers[0]: io.l5d.rancher is not available in this version of clew; use io.l5d.fs",
        ),
        ("engine: netty4", "1: unknown key 'engine'"),
        ("usage: {orgID: x}", "1: unknown key 'orgID' in usage (did you mean 'orgId'?)"),
    ],
)
def test_mistakes_beside_the_routers(text: str, found: str) -> None:
    (line,) = problems(f"{text}\nrouters: [{{protocol: http, servers: [{{}}]}}]")
    assert line.startswith(found)


@pytest.mark.parametrize(
    ("protocol", "instead"),
    [
        ("thrift", "clew routes HTTP (protocol http or h2)"),
        ("mux", "clew routes HTTP (protocol http or h2)"),
        ("thriftmux", "clew routes HTTP (protocol http or h2)"),
    ],
)
def test_protocols_that_are_not_there_yet(protocol: str, instead: str) -> None:
    assert problems(f"routers:\n- protocol: {protocol}\n  servers: [{{port: 4141}}]\n") == [
        f"2: routers[0]: {protocol} is not available in this version of clew; {instead}"
    ]


CONFLICTS = """\
routers:
- protocol: http
  servers:
  - port: 4140
  - port: 4141
    ip: 0.0.0.0
- protocol: http
  servers:
  - ip: 127.0.0.1
- protocol: http
  label: a
  servers:
  - port: 4140
    ip: 0.0.0.0
  - port: 9990
"""


def test_routers_are_held_against_each_other() -> None:
    assert problems(CONFLICTS) == [
        "7: Multiple routers with the label http",
        "9: Server conflict on port 4140",
        "15: port 9990 is the admin port already",
    ]


def test_two_ephemeral_ports_on_one_address_conflict_as_in_linkerd() -> None:
    text = "routers: [{protocol: http, servers: [{port: 0}, {port: 0}]}]"
    assert problems(text) == ["1: Server conflict on port 0"]


def test_all_problems_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = SEED.replace("label: inc", "lables: inc").replace("sampleRate: 1.0", "sampleRate: 2")
    text = text.replace("    /svc        => /host;", "    /svc        => host;", 1)
    text = text.replace("label: outgoing", "label: http")
    assert [line.partition(":")[0] for line in problems(text)] == ["14", "27", "42"]


def test_the_ports_of_operators_are_held_against_each_other_and_the_routers() -> None:
    admin = "admin: {port: 1, httpIdentifierPort: PORT}"
    routers = "routers: [{protocol: http, servers: [{port: 2}]}]"

    def with_port(port: int) -> list[str]:
        return problems(f"{admin.replace('PORT', str(port))}\n{routers}")

    assert with_port(1) == ["1: port 1 is the admin port"]
    assert with_port(2) == ["2: port 2 is the port httpIdentifierPort already"]


def test_a_broken_router_does_not_hide_what_the_others_do_to_each_other() -> None:
    text = CONFLICTS.replace("label: a", "lable: a")
    assert any("Server conflict on port 4140" in line for line in problems(text))


def test_a_key_that_is_not_available_is_refused_with_what_to_use() -> None:
    text = f"namers: [{{kind: io.l5d.marathon, dst: /x}}]\n{with_router('')}"
    assert problems(text) == [
        "1: namers[0].dst is not available in this version of clew; use host and port"
    ]


def test_a_pattern_of_the_admin_port_must_be_one() -> None:
    text = f"admin: {{security: {{pathWhitelist: ['(']}}}}\n{with_router('')}"
    assert problems(text) == ["1: admin.security.pathWhitelist[0]: '(' is not a regular expression"]


def test_keys_of_null_are_absent() -> None:
    text = "namers:\ntelemetry: ~\nrouters: [{protocol: http, dtab: , servers: [{port: null}]}]"
    linker = read_linker(text, "linkerd.yml")
    assert linker.routers[0].servers[0].port == 4140


def test_values_in_quotes_are_what_they_say() -> None:
    linker = read_linker(
        'routers: [{protocol: http, label: "7", servers: [{port: "4144", clearContext: "true"}]}]',
        "linkerd.yml",
    )
    assert linker.routers[0].label == "7"
    assert linker.routers[0].servers == (Server(port=4144, clear_context=True),)


def test_words_that_yaml_takes_for_booleans_are_texts_where_a_text_is_wanted() -> None:
    linker = read_linker("routers: [{protocol: http, label: on, servers: [{}]}]", "linkerd.yml")
    assert linker.routers[0].label == "on"


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
KEYS = st.sampled_from(
    ["routers", "namers", "kind", "protocol", "servers", "dtab", "client", "io.l5d.fs", "http"]
)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)


def read_or_refuse(text: str) -> Linker | ConfigError:
    try:
        return read_linker(text, "linkerd.yml")
    except ConfigError as error:
        return error


@settings(deadline=None)
@given(DOCUMENTS)
def test_any_document_is_a_linker_or_a_list_of_problems(document: Any) -> None:
    read = read_or_refuse(yaml.safe_dump(document))
    assert isinstance(read, Linker) or read.problems


@settings(deadline=None)
@given(st.integers(0, len(SEED)), st.integers(0, 30), st.text(max_size=3))
def test_a_file_with_a_scratch_is_read_or_refused_with_lines(
    start: int, length: int, put: str
) -> None:
    text = SEED[:start] + put + SEED[start + length :]
    read = read_or_refuse(text)
    if isinstance(read, ConfigError):
        last = len(text.splitlines()) + 1
        assert all(1 <= problem.line <= last for problem in read.problems)


H2 = """\
routers:
- protocol: h2
  h2AccessLog: /dev/stdout
  identifier:
  - {kind: io.l5d.header.path, segments: 2}
  - {kind: io.l5d.header.token}
  servers:
  - windowUpdateRatio: 0.5
    maxConcurrentStreamsPerConnection: 10
    maxHeaderListBytes: 20000
  service:
    classificationTimeoutMs: 5
    retryBufferSize: {requestBytes: 1}
    responseClassifier: {kind: io.l5d.h2.grpc.retryableStatusCodes, retryableStatusCodes: [4, 0]}
"""


def test_an_h2_router_has_its_own_keys_and_defaults() -> None:
    (router,) = read_linker(H2, "linkerd.yml").routers
    assert (router.label, router.http_access_log) == ("h2", "/dev/stdout")
    assert router.identifier == (HeaderPathIdentifier(segments=2), AuthorityIdentifier())
    (server,) = router.servers
    assert (server.port, server.max_call_depth) == (4142, 10)
    assert isinstance(router.service, GlobalService)
    classifier = router.service.response_classifier
    assert isinstance(classifier, GrpcClassifier)
    assert classifier.retryable_grpc_statuses == {4}


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("maxHeadersKB: 9", "unknown key 'maxHeadersKB' in routers[0]"),
        ("httpAccessLog: x", "unknown key 'httpAccessLog' in routers[0]"),
        (
            "service: {responseClassifier: {kind: io.l5d.http.allSuccessful}}",
            "io.l5d.http.allSuccessful is not for h2 routers",
        ),
        (
            "service: {responseClassifier: "
            "{kind: io.l5d.h2.grpc.default, successStatusCodes: [17]}}",
            "routers[0].service.responseClassifier.successStatusCodes[0]: '17' is not a gRPC "
            "status code (0 to 16)",
        ),
        (
            "identifier: {kind: io.l5d.header.path, segments: 0}",
            "routers[0].identifier[0].segments: '0' is not between 1 and 20",
        ),
    ],
)
def test_mistakes_in_an_h2_router(keys: str, found: str) -> None:
    (line,) = problems(f"routers:\n- protocol: h2\n  servers: [{{}}]\n  {keys}\n")
    assert line.startswith(f"4: {found}")
