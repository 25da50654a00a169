from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tests.check.cluster import Answers, Document, Object, served
from tests.mesh.relay.collector import unused_port

from clew.check import network
from clew.check.finding import Level
from clew.check.run import Here, cluster, traces_of
from clew.mesh.namers.k8s.rights import Right

NODE: Object = {
    "metadata": {"name": "node-1"},
    "status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]},
}
MESH: Object = {
    "metadata": {"name": "l5d"},
    "spec": {"type": "NodePort", "ports": [{"name": "outgoing", "port": 4140, "nodePort": 30140}]},
}
PAGES: Object = {"metadata": {"name": "zipkin"}, "spec": {"ports": [{"name": "http", "port": 80}]}}


def pod(host_port: int) -> Object:
    port = {"containerPort": 4140, "hostPort": host_port}
    return {
        "metadata": {"name": "l5d-1", "labels": {"app": "l5d"}},
        "spec": {
            "nodeName": "node-1",
            "serviceAccountName": "seer",
            "containers": [{"name": "l5d", "ports": [port]}],
        },
        "status": {
            "phase": "Running",
            "hostIP": "127.0.0.1",
            "containerStatuses": [{"name": "l5d", "ready": True}],
        },
    }


def documents() -> dict[str, Document]:
    return {
        "/version": {"gitVersion": "v1.37.0"},
        "/api/v1/nodes": {"items": [NODE]},
        "/api/v1/namespaces/default/pods": {"items": []},
        "/api/v1/namespaces/default/services": {"items": [MESH, PAGES]},
        "/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices": {
            "items": [{"metadata": {"name": "dns"}, "endpoints": [{"addresses": ["10.1.0.2"]}]}]
        },
    }


def rows(here: Here) -> list[tuple[str, str, str]]:
    return [(each.level.value, each.check, each.seen) for each in cluster(here)]


@pytest.fixture
def laptop(tmp_path: Path) -> Here:
    return Here({"HOME": str(tmp_path)}, "default", proxy_port=unused_port())


def test_without_a_cluster_that_is_said_in_one_sentence(laptop: Here) -> None:
    assert rows(laptop) == [
        (
            "warning",
            "cluster",
            "there is no cluster to be seen from here: no kubectl proxy, no pod, no kubeconfig",
        )
    ]


def test_on_a_laptop(laptop: Here) -> None:
    answers = Answers({})
    with served(answers) as port:
        answers.documents = documents() | {
            "/api/v1/namespaces/default/pods": {"items": [pod(port)]}
        }
        here = dataclasses.replace(laptop, proxy_port=port)
        found = rows(here)
    assert found == [
        ("ok", "cluster", f"Kubernetes v1.37.0 answers at http://localhost:{port}"),
        ("ok", "clock", "this machine and the API server agree on the time"),
        (
            "ok",
            "rights",
            "the ServiceAccount seer may list and watch endpointslices and services "
            "in namespace default",
        ),
        ("ok", "dns", "1 of 1 DNS pods of the cluster are ready"),
        ("ok", "address", "l5d is at port 30140 of every node (NodePort)"),
        ("ok", "address", "zipkin is reached from within the cluster only"),
        ("ok", "pods", "1 of 1 pods of l5d are ready"),
        ("ok", "node names", "whether node names resolve can only be seen in a pod"),
        ("ok", "hostPort", "1 ports of the mesh on its nodes answer"),
    ]
    assert answers.reviewed[0] == {
        "resourceAttributes": {
            "namespace": "default",
            "group": "discovery.k8s.io",
            "resource": "endpointslices",
            "verb": "list",
        },
        "user": "system:serviceaccount:default:seer",
        "groups": ["system:serviceaccounts", "system:serviceaccounts:default"],
    }


def test_whoever_may_not_ask_about_the_mesh_asks_about_himself(laptop: Here) -> None:
    answers = Answers(documents(), frozenset({"list"}), about_others=False)
    with served(answers) as port:
        found = list(cluster(dataclasses.replace(laptop, proxy_port=port)))
    rights = [each for each in found if each.check == "rights"]
    assert {each.level for each in rights} == {Level.PROBLEM}
    assert [each.seen for each in rights] == [
        "you, not the mesh, may not watch endpointslices in namespace default",
        "you, not the mesh, may not watch services in namespace default",
    ]


def test_other_rights_are_those_of_a_linker_file(laptop: Here) -> None:
    answers = Answers(documents())
    needed = (Right("networking.k8s.io", "ingresses", ""), Right("", "configmaps", "x", "dtabs"))
    with served(answers) as port:
        found = rows(dataclasses.replace(laptop, proxy_port=port, needed=needed))
    assert [seen for _, check, seen in found if check == "rights"] == [
        "the ServiceAccount l5d may list and watch ingresses in all namespaces",
        "the ServiceAccount l5d may list and watch configmaps named dtabs in namespace x",
    ]
    group = {"group": "networking.k8s.io", "resource": "ingresses", "verb": "list"}
    one = {"group": "", "resource": "configmaps", "namespace": "x", "name": "dtabs"}
    assert answers.reviewed[0]["resourceAttributes"] == group
    assert answers.reviewed[-1]["resourceAttributes"] == one | {"verb": "watch"}


def test_what_may_not_be_seen_is_a_warning_and_the_rest_goes_on(laptop: Here) -> None:
    with served(Answers({"/version": documents()["/version"]})) as port:
        found = rows(dataclasses.replace(laptop, proxy_port=port))
    levels = [level for level, *_ in found]
    assert levels == ["ok", "ok", "warning", "warning", "ok", "warning", "warning"]
    assert found[2][2] == "the API server answers 403 to /api/v1/nodes: refused: /api/v1/nodes"


def test_something_else_that_answers_is_no_cluster(laptop: Here) -> None:
    with served(Answers({"/version": []})) as port:
        (found,) = cluster(dataclasses.replace(laptop, proxy_port=port))
    assert found.level is Level.PROBLEM
    assert "is not what an API server answers" in found.seen


def test_in_a_pod(laptop: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text("search default.svc.cluster.local svc.cluster.local\noptions ndots:5\n")
    known = {"kubernetes.default.svc": ["10.96.0.1"], "node-1": []}
    monkeypatch.setattr(network, "resolve", lambda name, _: (known[name], ""))
    environment = {
        "KUBERNETES_SERVICE_HOST": "10.96.0.1",
        "NODE_NAME": "node-1",
        "HOST_IP": "127.0.0.1",
    }
    here = dataclasses.replace(laptop, environment=environment, account=tmp_path, resolv_conf=conf)
    found = list(cluster(here))
    assert [(each.level.value, each.check) for each in found][:4] == [
        ("problem", "cluster"),
        ("problem", "dns"),
        ("ok", "dns"),
        ("warning", "node names"),
    ]
    assert "this pod has no account" in found[0].seen
    assert "status.hostIP" in found[3].advice
    assert found[4].check == "hostPort"


def test_traces_that_do_not_answer_are_a_problem(laptop: Here) -> None:
    url = f"http://127.0.0.1:{unused_port()}"
    *_, found = traces_of(dataclasses.replace(laptop, traces=url))
    assert (found.check, found.level) == ("traces", Level.PROBLEM)


def test_traces_are_asked_for(laptop: Here) -> None:
    span = {"traceId": "a" * 16, "id": "a" * 16, "parentId": "b" * 16}
    with served(Answers({"/api/v2/traces": [[span]]})) as port:
        *_, found = traces_of(dataclasses.replace(laptop, traces=f"http://127.0.0.1:{port}/"))
    assert found.seen.startswith("1 of 1 spans of a service without a name have a parent")


@pytest.mark.parametrize(
    "answer",
    [
        {"not": "traces"},
        [[{"traceId": "no hex", "id": "a" * 16}]],
        [[{"id": "a" * 16}]],
    ],
)
def test_what_is_no_list_of_traces_is_a_problem(laptop: Here, answer: Document) -> None:
    with served(Answers({"/api/v2/traces": answer})) as port:
        *_, found = traces_of(dataclasses.replace(laptop, traces=f"http://127.0.0.1:{port}"))
    assert found.level is Level.PROBLEM
    assert "does not answer with traces" in found.seen


def test_addresses_that_are_none_do_not_matter(laptop: Here) -> None:
    odd = {"traceId": "a" * 16, "id": "a" * 16, "kind": "SERVER", "remoteEndpoint": {"ipv4": "x"}}
    with served(Answers({"/api/v2/traces": [[odd]]})) as port:
        *_, found = traces_of(dataclasses.replace(laptop, traces=f"http://127.0.0.1:{port}"))
    assert found.level is Level.OK


def kubeconfig(file: Path, port: int) -> dict[str, str]:
    """The environment with one of this port, and a token that nobody knows."""
    cluster = {"server": f"http://127.0.0.1:{port}"}
    config = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": {"token": "old"}}],
    }
    file.write_text(json.dumps(config))
    return {"KUBECONFIG": str(file)}


def test_a_server_that_is_away_is_told_with_its_address(laptop: Here, tmp_path: Path) -> None:
    port = unused_port()
    environment = kubeconfig(tmp_path / "config", port)
    (found,) = cluster(dataclasses.replace(laptop, environment=environment))
    assert found.level is Level.PROBLEM
    assert found.seen.startswith(f"the API server at http://127.0.0.1:{port} does not answer: ")


def test_whoever_is_not_known_is_told_to_log_in(laptop: Here) -> None:
    with served(Answers({}, known=False)) as port:
        (found,) = cluster(dataclasses.replace(laptop, proxy_port=port))
    assert found.seen == "the API server answers 401 to /version: Unauthorized"
    assert found.advice.endswith("log in again")


@pytest.mark.parametrize(
    ("here", "by"),
    [
        ({}, ": clew install mesh prints it"),
        ({"namespace": "x"}, ": clew install mesh --namespace x prints it"),
        (
            {"needed": [Right("", "services", "x")]},
            ": clew install mesh --config FILE prints it",
        ),
        ({"needed": [Right("", "services", "x")], "app": "namerd"}, "watch]}"),
    ],
)
def test_a_rule_is_printed_by_the_command_that_has_it(
    laptop: Here, here: dict[str, Any], by: str
) -> None:
    answers = Answers(documents(), frozenset())
    with served(answers) as port:
        found = list(cluster(dataclasses.replace(laptop, proxy_port=port, **here)))
    assert {each.advice.endswith(by) for each in found if each.check == "rights"} == {True}
