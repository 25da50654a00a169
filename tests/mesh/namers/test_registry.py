from __future__ import annotations

from pathlib import Path as File

import pytest

from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.namers.fs import Fs
from clew.mesh.namers.registry import NamerError, build, lookups
from clew.mesh.naming.path import Path

LINKER = """
routers: [{protocol: http, servers: [{}]}]
namers:
- kind: io.l5d.rewrite
  prefix: /r
  pattern: "/{a}"
  name: "/b/{a}"
- kind: io.l5d.fs
  rootDir: %s
  prefix: /files
"""


def linker(directory: File) -> Linker:
    return read_linker(LINKER % directory, "linkerd.yml")


def test_builds_the_namers_that_read_the_world(tmp_path: File) -> None:
    (namer,) = build(linker(tmp_path))
    assert isinstance(namer, Fs)
    assert namer.prefix == Path.read("/#/files")


def test_a_directory_that_is_none_is_named_with_the_remedy(
    tmp_path: File, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NamerError) as error:
        build(linker(File("disco")))
    assert str(error.value) == (
        "namers[1].rootDir: 'disco' is not a directory "
        f"(create it, or correct the path; it is looked for from {tmp_path})"
    )


KUBERNETES = """
routers: [{protocol: http, servers: [{}]}]
namers:
- kind: io.l5d.k8s
  host: localhost
  port: 8001
- {kind: io.l5d.k8s.ns, prefix: /here}
- kind: io.l5d.k8s.external
"""


def test_builds_the_namers_of_kubernetes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_NAMESPACE", "default")
    namers = build(read_linker(KUBERNETES, "linkerd.yml"))
    assert [str(namer.prefix) for namer in namers] == [
        "/#/io.l5d.k8s",
        "/#/here",
        "/#/io.l5d.k8s.external",
    ]


def test_a_namespace_that_is_not_in_the_environment_is_told_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("POD_NAMESPACE", raising=False)
    with pytest.raises(NamerError) as error:
        build(read_linker(KUBERNETES, "linkerd.yml"))
    assert str(error.value) == (
        "namers[1].envVar: POD_NAMESPACE is not set in the environment "
        "(in a pod: env, valueFrom, fieldRef, fieldPath: metadata.namespace)"
    )


NODES = """
routers:
- protocol: http
  label: outgoing
  servers: [{port: 4140}]
  interpreter:
    kind: default
    transformers:
    - {kind: io.l5d.k8s.daemonset, namespace: default, port: incoming, service: l5d}
- protocol: http
  label: incoming
  servers: [{port: 4141}]
  interpreter: {kind: default, transformers: [{kind: io.l5d.k8s.localnode}]}
namers:
- kind: io.l5d.k8s
  transformers:
  - {kind: io.l5d.k8s.daemonset, namespace: other, port: incoming, service: l5d}
"""


def test_gateways_have_one_namer_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_IP", "10.0.0.1")
    namers = build(read_linker(NODES, "linkerd.yml"))
    assert [str(namer.prefix) for namer in namers] == [
        "/#/io.l5d.k8s",
        "/%/io.l5d.k8s.daemonset/localhost/8001",
    ]


def test_without_a_place_of_its_own_localnode_is_refused_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("POD_IP", raising=False)
    monkeypatch.delenv("NODE_NAME", raising=False)
    with pytest.raises(NamerError) as error:
        build(read_linker(NODES, "linkerd.yml"))
    assert str(error.value) == (
        "routers[1].interpreter.transformers[0]: neither NODE_NAME nor POD_IP is set in the "
        "environment (in a pod: env, valueFrom, fieldRef, fieldPath: spec.nodeName)"
    )


def test_other_transformers_need_other_namers() -> None:
    one = read_linker(NODES, "linkerd.yml")
    assert lookups(one) == lookups(read_linker(f"admin: {{port: 1}}\n{NODES}", "linkerd.yml"))
    other = NODES.replace("service: l5d", "service: l5d, k8sPort: 8002", 1)
    assert lookups(one) != lookups(read_linker(other, "linkerd.yml"))
