"""What Linkerd 1.7 refuses at start, row by row: refused here too, or taken for a reason."""

from __future__ import annotations

import pytest

from clew.mesh.config.linker import read_linker
from clew.mesh.config.namerd import read_namerd
from clew.mesh.config.problems import ConfigError

ROUTER = "routers: [{protocol: http, servers: [{}]}]"


def router(keys: str) -> str:
    return f"routers: [{{protocol: http, servers: [{{}}], {keys}}}]"


def servers(*keys: str) -> str:
    return f"routers: [{{protocol: http, servers: [{', '.join(f'{{{each}}}' for each in keys)}]}}]"


def backoff(keys: str) -> str:
    accrual = f"{{kind: io.l5d.consecutiveFailures, failures: 5, backoff: {{{keys}}}}}"
    return router(f"client: {{failureAccrual: {accrual}}}")


def transformer(keys: str) -> str:
    return router(f"interpreter: {{kind: default, transformers: [{{{keys}}}]}}")


REFUSED = {
    "no routers": ("routers: []", "At least one router must be specified in the configuration."),
    "two routers of a label": (
        "routers: [{protocol: http, servers: [{}]}, {protocol: http, servers: [{port: 1}]}]",
        "Multiple routers with the label http",
    ),
    "two servers of a port": (servers("port: 1", "port: 1"), "Server conflict on port 1"),
    "two servers of port 0": (servers("port: 0", "port: 0"), "Server conflict on port 0"),
    "an unknown key": (router("dtabs: /a=>/b"), "unknown key 'dtabs' in routers[0] (did you mean"),
    "a wrong shape": (router("client: [1]"), "routers[0].client: a list is not a mapping"),
    "an empty document": ("", "the file is empty"),
    "a list": ("- a", "a list is not a mapping"),
    "an unknown kind": (router("interpreter: {kind: nope}"), "unknown kind 'nope'"),
    "an unknown protocol": (
        "routers: [{protocol: gopher, servers: [{}]}]",
        "unknown protocol 'gopher'",
    ),
    "streaming against itself": (
        router("streamingEnabled: false, streamAfterContentLengthKB: 5"),
        "Can't disable streaming and set streamAfterContentLengthKB in http",
    ),
    "client tls without a name": (
        router("client: {tls: {trustCerts: [a]}}"),
        "tls is configured with validation but `commonName` is not set",
    ),
    "both kinds of trust": (
        router("client: {tls: {commonName: a, trustCerts: [a], trustCertsBundle: b}}"),
        "trustCerts and trustCertsBundle exclude each other",
    ),
    "no validation and a client certificate": (
        router("client: {tls: {disableValidation: true, clientAuth: {certPath: a, keyPath: b}}}"),
        "disableValidation: true is incompatible with clientAuth",
    ),
    "a port that is none": (servers("port: 65536"), "'65536' is not a port (0 to 65535)"),
    "an ip that is a name": (servers("ip: localhost"), "'localhost' is not an IP address"),
    "recentRequests without a rate": (
        f"telemetry: [{{kind: io.l5d.recentRequests}}]\n{ROUTER}",
        "telemetry[0] needs 'sampleRate'",
    ),
    "a rate above one": (
        f"telemetry: [{{kind: io.l5d.recentRequests, sampleRate: 2}}]\n{ROUTER}",
        "'2' is not between 0.0 and 1.0",
    ),
    "jittered without minMs": (backoff("kind: jittered, maxMs: 2"), "backoff needs 'minMs'"),
    "jittered without maxMs": (backoff("kind: jittered, minMs: 2"), "backoff needs 'maxMs'"),
    "jittered upside down": (
        backoff("kind: jittered, minMs: 3, maxMs: 2"),
        "minMs 3 is above maxMs 2",
    ),
    "no identifier": (router("identifier: []"), "the list of identifiers is empty"),
    "namerd without dst": (
        router("interpreter: {kind: io.l5d.namerd.http}"),
        "routers[0].interpreter needs 'dst'",
    ),
    "mesh, which is not here": (
        router("interpreter: {kind: io.l5d.mesh, dst: /$/inet/a/1, root: /a/b}"),
        "use io.l5d.namerd.http",
    ),
    "namerd's retry upside down": (
        router(
            "interpreter: {kind: io.l5d.namerd.http, dst: /$/inet/a/1, "
            "retry: {baseSeconds: 9, maxSeconds: 2}}"
        ),
        "baseSeconds is more than maxSeconds",
    ),
    "an unknown roll policy": (
        router("httpAccessLog: a, httpAccessLogRollPolicy: yearly"),
        "'yearly' is not never, hourly, daily",
    ),
    "an admin pattern that is none": (
        f"admin: {{security: {{pathWhitelist: ['(']}}}}\n{ROUTER}",
        "'(' is not a regular expression",
    ),
    **{
        f"a daemonset without {missing}": (
            transformer(
                ", ".join(
                    ["kind: io.l5d.k8s.daemonset"]
                    + [f"{key}: a" for key in ("namespace", "service", "port") if key != missing]
                )
            ),
            f"routers[0].interpreter.transformers[0] needs '{missing}'",
        )
        for missing in ("namespace", "service", "port")
    },
}

TAKEN = {
    "a port of two literal ips": servers("port: 1", "port: 1, ip: 127.0.0.2"),
    "a kind that Linkerd called experimental": (
        "namers: [{kind: io.l5d.rewrite, prefix: /a, pattern: /x, name: /y}]\n" + ROUTER
    ),
    "a rootDir that may come later": f"namers: [{{kind: io.l5d.fs, rootDir: /no/such}}]\n{ROUTER}",
    "a dtabFile that may come later": router("interpreter: {kind: io.l5d.fs, dtabFile: /no/such}"),
    "localnode where it is only checked": transformer("kind: io.l5d.k8s.localnode"),
}


@pytest.mark.parametrize(("text", "words"), REFUSED.values(), ids=REFUSED)
def test_it_is_refused_in_words_with_the_line(text: str, words: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_linker(text, "linkerd.yaml")
    assert words in str(error.value)
    assert str(error.value).startswith("linkerd.yaml:1: ")


@pytest.mark.parametrize("text", TAKEN.values(), ids=TAKEN)
def test_it_is_taken(text: str) -> None:
    read_linker(text, "linkerd.yaml")


def test_namers_of_a_namerd_whose_prefixes_overlap_are_refused() -> None:
    with pytest.raises(ConfigError, match="the prefixes /fs and /fs of two namers overlap"):
        read_namerd(
            "storage: {kind: io.l5d.inMemory}\n"
            "interfaces: [{kind: io.l5d.httpController}]\n"
            "namers: [{kind: io.l5d.fs, rootDir: a, prefix: /fs},"
            " {kind: io.l5d.fs, rootDir: b, prefix: /fs}]",
            "namerd.yaml",
        )
