"""Files that do what Linkerd's own examples do: accepted, or refused with these words.

Those of linkerd/examples have the name that they have there; the others are of linkerd-examples,
under the name of their directory. Where two differ in nothing that is read, one stands for both.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from clew.mesh.compile import compile_linker
from clew.mesh.config.linker import ConfigError, read_linker
from clew.mesh.config.notes import notes
from clew.mesh.naming.ingress import Rules
from clew.mesh.xds.ingress import ingress_identifiers
from clew.mesh.xds.names import name_prefix

FILES = sorted((Path(__file__).parent / "examples").glob("*.yaml"))

REFUSED = {
    "acceptance-test": [
        "58: routers[1]: thrift is not available in this version of clew; clew routes HTTP "
        "(protocol http or h2)",
        "75: routers[2]: mux is not available in this version of clew; clew routes HTTP "
        "(protocol http or h2)",
    ],
    "admin": [
        "25: routers[1].interpreter: io.l5d.namerd is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
    ],
    "before-1.0-http": [
        "3: namers[0]: unknown kind 'io.l5d.experimental.k8s' (did you mean 'io.l5d.k8s'?)",
        "7: unknown key 'tracers' (since Linkerd 1.0 they stand under telemetry)",
        "13: unknown key 'baseDtab' in routers[0] (since Linkerd 1.0 it is dtab)",
        "17: routers[0].identifier[0]: unknown kind 'io.l5d.headerToken' (did you mean "
        "'io.l5d.header.token'?)",
        "18: unknown key 'failFast' in routers[0] (since Linkerd 1.0 it stands under client)",
        "19: unknown key 'timeoutMs' in routers[0] (since Linkerd 1.0 it is totalTimeoutMs under "
        "service)",
        "20: unknown key 'responseClassifier' in routers[0] (since Linkerd 1.0 it stands under "
        "service)",
    ],
    "before-1.0-tls": [
        "7: tls is configured with validation but `commonName` is not set",
        "7: unknown key 'kind' in routers[0].client.tls (since Linkerd 1.0 commonName says whom "
        "to trust, or disableValidation)",
        "8: unknown key 'caCertPath' in routers[0].client.tls (since Linkerd 1.0 it is "
        "trustCertsBundle)",
        "9: unknown key 'strict' in routers[0].client.tls (since Linkerd 1.0 what no prefix of "
        "client.configs matches is plain text)",
        "10: unknown key 'names' in routers[0].client.tls (since Linkerd 1.0 each is an entry of "
        "client.configs with its prefix)",
        "18: unknown key 'serverCaChainPath' in routers[0].servers[0].tls (Linkerd later called "
        "it intermediateCertsPath)",
    ],
    "consul-interpreter": [
        "9: routers[0].interpreter: io.l5d.consul.interpreter is not available in this version "
        "of clew; use kind: default and write the dtab into the router",
    ],
    "curator": [
        "3: namers[0]: io.l5d.curator is not available in this version of clew; use io.l5d.fs",
    ],
    "daemonset-namerd": [
        "6: routers[0].interpreter: io.l5d.namerd is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
        "21: routers[1].interpreter: io.l5d.mesh is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
    ],
    "dcos-linker-to-linker-with-namerd": [
        "6: routers[0].interpreter: io.l5d.namerd is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
        "17: routers[1].interpreter: io.l5d.namerd is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
    ],
    "istio-ingress": [
        "5: routers[0].identifier[0]: io.l5d.k8s.istio-ingress is not available in this version "
        "of clew; use io.l5d.header.token",
        "7: routers[0].interpreter: io.l5d.k8s.istio is not available in this version of clew; "
        "use kind: default and write the dtab into the router",
        "9: unknown key 'loggers' in routers[0] (clew does not report to Istio)",
    ],
    "istio": [
        "5: routers[0].identifier[0]: io.l5d.k8s.istio is not available in this version of clew; "
        "use io.l5d.header.token",
        "9: routers[0].interpreter: io.l5d.k8s.istio is not available in this version of clew; "
        "use kind: default and write the dtab into the router",
        "14: unknown key 'requestAuthorizers' in routers[0].client (clew does not ask Istio who "
        "may do what)",
    ],
    "marathon-leader": [
        "6: namers[0].dst is not available in this version of clew; use host and port",
    ],
    "namerd-mesh": [
        "5: routers[0].interpreter: io.l5d.mesh is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
    ],
    "namerd-tls": [
        "6: routers[0].interpreter: io.l5d.namerd is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
        "47: routers[3].interpreter: io.l5d.mesh is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
    ],
    "namerd": [
        "5: routers[0].interpreter: io.l5d.namerd is not available in this version of clew; use "
        "io.l5d.namerd.http, with the port of namerd's io.l5d.httpController in dst",
    ],
    "thrift": [
        "7: routers[0]: thrift is not available in this version of clew; clew routes HTTP "
        "(protocol http or h2)",
    ],
    "thriftmux": [
        "3: routers[0]: thriftmux is not available in this version of clew; clew routes HTTP "
        "(protocol http or h2)",
    ],
}
"""By file, the line and the sentence of each problem."""

NO_EFFECT = {
    "client-options": [
        "routers[0].client.configs[1].failFast has no effect: a connect that fails counts for "
        "failureAccrual, and is tried elsewhere",
        "routers[0].client.configs[2].loadBalancer (aperture) has no effect: the less loaded of "
        "two endpoints is taken, as by p2c",
    ],
    "consul-path": [
        "routers[0].client.requeueBudget has no effect: what never reached an endpoint is tried "
        "again within service.retries",
    ],
    "consul": [
        "namers[0].setHost has no effect: applications see the Host that the client sent",
    ],
    "daemonset-grpc": [
        "usage has no effect: clew reports nothing to anyone",
    ],
    "h2spec": [
        "usage has no effect: clew reports nothing to anyone",
    ],
    "k8s-servicemesh": [
        "routers[0].originator has no effect: it is a gauge of Linkerd's",
    ],
    "loadbalancer": [
        "routers[0].client.loadBalancer.maxEffort has no effect: Envoy chooses among the "
        "endpoints that failureAccrual leaves",
    ],
    "newrelic": [
        "telemetry[0] (io.l5d.newrelic) has no effect: clew sends no metrics to New Relic; let "
        "it fetch those of io.l5d.prometheus",
    ],
    "retries": [
        "routers[0].service.retries.budget.ttlSecs has no effect: Envoy counts the requests and "
        "retries under way",
    ],
    "router-options": [
        "routers[0].bindingCache.trees has no effect: a name, what it is bound to and its "
        "connections are one cluster in Envoy: paths bounds it",
        "routers[0].bindingCache.bounds has no effect: a name, what it is bound to and its "
        "connections are one cluster in Envoy: paths bounds it",
        "routers[0].bindingCache.clients has no effect: a name, what it is bound to and its "
        "connections are one cluster in Envoy: paths bounds it",
    ],
    "serversets": [
        "routers[0].announcers has no effect: clew announces nothing",
        "routers[0].servers[0].announce has no effect: clew announces nothing",
    ],
    "service-options": [
        "routers[0].service.configs[2].retries.budget.ttlSecs has no effect: Envoy counts the "
        "requests and retries under way",
    ],
    "socket-options": [
        "routers[0].servers[0].socketOptions has no effect: Envoy's own socket settings are used",
    ],
    "statsd": [
        "telemetry[0].sampleRate has no effect: everything is counted, and sent added up",
    ],
}
"""By file, what the log says of keys that change nothing."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_example_of_linkerds_is_accepted_or_refused_with_what_to_do(file: Path) -> None:
    refused: list[str] = []
    without_effect: list[str] = []
    try:
        without_effect += notes(read_linker(file.read_text(), "f"))
    except ConfigError as error:
        refused += [problem.show("f").removeprefix("f:") for problem in error.problems]

    assert refused == REFUSED.get(file.stem, [])
    assert without_effect == NO_EFFECT.get(file.stem, [])


@pytest.mark.parametrize(
    "file", [file for file in FILES if file.stem not in REFUSED], ids=lambda file: file.stem
)
def test_what_is_accepted_can_be_said_to_envoy(file: Path) -> None:
    linker = read_linker(file.read_text(), file.name)
    names = [f"{name_prefix(router)}web" for router in linker.routers]

    ingresses = [each for router in linker.routers for _, each in ingress_identifiers(router)]
    rules = dict.fromkeys(ingresses, Rules())

    compiled = compile_linker(linker, names, {}, files=defaultdict(bytes), ingress_rules=rules)

    assert compiled.snapshot.dangling() == ()
    assert compiled.refused == frozenset()


def test_every_expectation_is_of_a_file() -> None:
    assert {*REFUSED, *NO_EFFECT} <= {file.stem for file in FILES}
