"""The rights that follow from a linker file are granted by its manifest, on a real API server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import httpx
import pytest
import yaml
from tests.mesh.namers.k8s.cluster import url

from clew.check.cluster import connected
from clew.check.rights import findings
from clew.install.options import Options
from clew.install.render import render
from clew.mesh.config.linker import read_linker
from clew.mesh.namers.k8s.access import Access
from clew.mesh.namers.k8s.rights import Right, rights
from e2e.kube_apiserver.running import KubeApiServer

EDGE = """\
admin: {ip: 0.0.0.0, port: 9990}
namers: [{kind: io.l5d.k8s}]
routers:
- protocol: http
  identifier: {kind: io.l5d.ingress, namespace: shop}
  dtab: /svc => /#/io.l5d.k8s/shop
  servers: [{port: 443, ip: 0.0.0.0, tls: ingress}]
- protocol: http
  label: kept
  interpreter: {kind: io.l5d.k8s.configMap, namespace: edge, name: dtabs, filename: main.dtab}
  servers: [{port: 4140, ip: 0.0.0.0}]
"""
WIDE = EDGE.replace("namespace: shop}", "}").replace("io.l5d.ingress, }", "io.l5d.ingress}")


def missing(kubernetes: KubeApiServer, config: str) -> dict[Right, Sequence[str]]:
    """The verbs of each right that the account of the mesh has not."""
    needed = rights(read_linker(config, "linkerd.yaml"), "edge")
    assert len(needed) == 5
    access = Access(kubernetes.url, kubernetes.tls, token=kubernetes.token("edge", "l5d"))
    with connected(access) as cluster:
        return {each: cluster.lacking(each) for each in needed}


@pytest.fixture
def installed(kubernetes: KubeApiServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The linker file of the mesh, whose rights go with the test."""
    config: str = getattr(request, "param", EDGE)
    kubernetes.put("namespaces", "", "shop")
    manifest = render("mesh", Options(namespace="edge", config=config))
    objects = [each for each in yaml.safe_load_all(manifest) if each]
    for each in objects:
        kubernetes.apply(each)
    yield config
    for each in objects:
        if each["kind"].endswith("Role"):
            place = each["metadata"].get("namespace", ""), each["metadata"]["name"]
            kubernetes.delete(f"{each['kind'].lower()}s", *place)


@pytest.mark.parametrize("installed", [EDGE, WIDE], ids=["one namespace", "all"], indirect=True)
def test_the_account_has_what_the_file_needs(kubernetes: KubeApiServer, installed: str) -> None:
    found = findings(missing(kubernetes, installed), "l5d", "x")
    assert {each.level.value for each in found} == {"ok"}


def test_the_check_names_the_rules_that_were_taken_away(
    kubernetes: KubeApiServer, installed: str
) -> None:
    kubernetes.put("roles", "shop", "l5d-edge", rules=[])
    found = list(findings(missing(kubernetes, installed), "l5d", "x"))
    problems = [each for each in found if each.advice]
    assert [each.seen for each in problems] == [
        "l5d may not list and watch ingresses in namespace shop",
        "l5d may not list and watch secrets in namespace shop",
    ]
    assert all("a Role in namespace shop needs the rule " in each.advice for each in problems)


@pytest.mark.parametrize(
    "place",
    [url("secrets", "edge"), url("secrets"), url("secrets", "kube-system"), url("configmaps")],
)
@pytest.mark.usefixtures("installed")
def test_it_may_not_read_other_secrets(kubernetes: KubeApiServer, place: str) -> None:
    with kubernetes.as_user(kubernetes.token("edge", "l5d")) as client:
        assert client.get(url("secrets", "shop")).status_code == httpx.codes.OK
        assert client.get(place).status_code == httpx.codes.FORBIDDEN
