"""A real API server takes what ``clew install`` prints, and its rights are enough and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from tests.install.test_render import CHOICE_NAMES, CHOICES
from tests.mesh.namers.contract import ONE, addresses
from tests.mesh.namers.k8s.api_contract import PREFIX, namer
from tests.mesh.namers.k8s.api_server import endpoint_slice
from tests.mesh.namers.k8s.cluster import url
from tests.mesh.namers.watching import watched

from clew.install.options import Options
from clew.install.render import render
from clew.mesh.namers.k8s.access import Access
from e2e.kube_apiserver.running import KubeApiServer

NAMESPACE = "installed"


@pytest.fixture
def warnings(kubernetes: KubeApiServer) -> Iterator[list[str]]:
    """What the server advises against, such as versions of an API that will go."""
    heard: list[str] = []

    def hear(answer: httpx.Response) -> None:
        heard.extend(answer.headers.get_list("warning"))

    kubernetes.client.event_hooks["response"].append(hear)
    yield heard
    kubernetes.client.event_hooks["response"].remove(hear)


@pytest.fixture(scope="module")
def account(kubernetes: KubeApiServer) -> Iterator[httpx.Client]:
    """The API as the pods of the mesh see it, in a namespace with the service hello."""
    for each in objects(Options(namespace=NAMESPACE), "mesh"):
        kubernetes.apply(each)
    slice = endpoint_slice("hello", [("10.0.0.1", "node-1")], {"http": 8080})
    kubernetes.put("endpointslices", NAMESPACE, "hello-1", **slice)
    port = {"name": "http", "port": 80, "targetPort": 8080}
    kubernetes.put("services", NAMESPACE, "hello", spec={"ports": [port]})
    with kubernetes.as_user(kubernetes.token(NAMESPACE, "l5d")) as client:
        yield client


def objects(options: Options, part: str = "all") -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(render(part, options)) if each]


@pytest.mark.parametrize("options", CHOICES, ids=CHOICE_NAMES)
def test_every_object_is_taken_without_a_warning(
    kubernetes: KubeApiServer, warnings: list[str], options: Options
) -> None:
    kubernetes.put("namespaces", "", options.namespace)
    for each in objects(options):
        made = kubernetes.apply(each, dry_run=True)
        assert made["metadata"]["name"] == each["metadata"]["name"]
    assert warnings == []


def test_only_the_mesh_needs_more_than_the_strictest_pod_security(
    kubernetes: KubeApiServer, warnings: list[str]
) -> None:
    strict = {"pod-security.kubernetes.io/warn": "restricted"}
    kubernetes.put("namespaces", "", "strict", metadata={"labels": strict})
    for each in objects(Options(namespace="strict")):
        if each["kind"] != "Namespace":
            kubernetes.apply(each, dry_run=True)
    (warning,) = warnings
    assert "uses hostPort 4140" in warning


@pytest.mark.parametrize("plural", ["endpointslices", "services"])
def test_the_account_of_the_mesh_may_list_and_watch(account: httpx.Client, plural: str) -> None:
    listed = account.get(url(plural, NAMESPACE))
    assert listed.status_code == httpx.codes.OK
    version = listed.json()["metadata"]["resourceVersion"]
    watch = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "1"}
    assert account.get(url(plural, NAMESPACE), params=watch).status_code == httpx.codes.OK


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("GET", url("secrets", NAMESPACE)),
        ("GET", url("configmaps", NAMESPACE)),
        ("GET", url("pods", NAMESPACE)),
        ("GET", url("nodes")),
        ("GET", url("namespaces")),
        ("GET", url("endpointslices")),
        ("GET", url("services")),
        ("GET", url("endpointslices", "default")),
        ("GET", url("services", "kube-system")),
        ("GET", url("endpointslices", NAMESPACE, "hello-1")),
        ("DELETE", url("endpointslices", NAMESPACE, "hello-1")),
        ("DELETE", url("services", NAMESPACE, "hello")),
        ("DELETE", url("pods", NAMESPACE)),
    ],
)
def test_the_account_of_the_mesh_may_do_nothing_else(
    account: httpx.Client, method: str, place: str
) -> None:
    assert account.request(method, place).status_code == httpx.codes.FORBIDDEN


@pytest.mark.parametrize("port", ["http", "80"])
@pytest.mark.usefixtures("account")
def test_names_are_found_with_the_account_of_the_mesh(
    kubernetes: KubeApiServer, tmp_path: Path, port: str
) -> None:
    token = tmp_path / "token"
    token.write_text(kubernetes.token(NAMESPACE, "l5d"))

    async def scene() -> None:
        name = f"{PREFIX}/{NAMESPACE}/{port}/hello"
        async with watched(namer(Access(kubernetes.url, kubernetes.tls, token))) as watch:
            watch.want(name)
            assert addresses(await watch.answer(name)) == [ONE]

    asyncio.run(scene())
