"""What ``clew check`` sees of a real API server, which has no nodes and no pods."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.mesh.relay.collector import unused_port

from clew.check import run
from clew.install.options import Options
from clew.install.render import render
from e2e.kube_apiserver.running import ADMINISTRATOR, KubeApiServer

NAMESPACE = "checked"


def seen(kubernetes: KubeApiServer, directory: Path, token: str) -> list[tuple[str, str, str]]:
    """From a laptop whose kubeconfig has this token."""
    kubeconfig = directory / "kubeconfig"
    cluster = {
        "server": kubernetes.url,
        "certificate-authority": str(kubernetes.directory / "ca.crt"),
    }
    config = {
        "current-context": "it",
        "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
        "clusters": [{"name": "it", "cluster": cluster}],
        "users": [{"name": "me", "user": {"token": token}}],
    }
    kubeconfig.write_text(yaml.safe_dump(config))
    here = run.Here({"KUBECONFIG": str(kubeconfig)}, NAMESPACE, proxy_port=unused_port())
    return [(each.level.value, each.check, each.seen) for each in run.cluster(here)]


@pytest.fixture(scope="module", autouse=True)
def installed(kubernetes: KubeApiServer) -> None:
    for each in yaml.safe_load_all(render("mesh", Options(namespace=NAMESPACE))):
        if each:
            kubernetes.apply(each)


def test_an_administrator_sees_the_rights_of_the_mesh(
    kubernetes: KubeApiServer, tmp_path: Path
) -> None:
    found = seen(kubernetes, tmp_path, ADMINISTRATOR)
    assert found[0][:2] == ("ok", "cluster")
    assert found[1:] == [
        ("ok", "clock", "this machine and the API server agree on the time"),
        (
            "ok",
            "rights",
            "the ServiceAccount l5d may list and watch endpointslices and services "
            f"in namespace {NAMESPACE}",
        ),
        ("warning", "dns", "the Service kube-dns in kube-system has no pods"),
        ("ok", "address", "l5d is reached from within the cluster only"),
        ("warning", "address", "there is no Service zipkin with a port http"),
    ]


def test_the_mesh_sees_its_own_rights(kubernetes: KubeApiServer, tmp_path: Path) -> None:
    found = seen(kubernetes, tmp_path, kubernetes.token(NAMESPACE, "l5d"))
    rights = "may list and watch endpointslices and services in namespace checked"
    assert ("ok", "rights", f"you, not the mesh, {rights}") in found
    refused = [said for level, _, said in found if level == "warning" and "403" in said]
    assert len(refused) == 3, found  # nodes, pods, and the endpoints of the cluster's DNS


def test_another_account_lacks_them(kubernetes: KubeApiServer, tmp_path: Path) -> None:
    kubernetes.put("serviceaccounts", NAMESPACE, "other")
    found = seen(kubernetes, tmp_path, kubernetes.token(NAMESPACE, "other"))
    rights = [(level, said) for level, check, said in found if check == "rights"]
    who = "you, not the mesh,"
    assert rights == [
        ("problem", f"{who} may not list and watch endpointslices in namespace {NAMESPACE}"),
        ("problem", f"{who} may not list and watch services in namespace {NAMESPACE}"),
    ]
