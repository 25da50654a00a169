from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path as File
from typing import Any

import kubernetes_validate
import pytest
import yaml

from clew.cli.linker_files import linker_texts
from clew.errors import ClewError
from clew.install.options import Options
from clew.install.render import ASIDE, PARTS, render
from clew.mesh.config.authority import SECRET, SecretAuthority
from clew.mesh.config.linker import Linker, read_linker
from clew.mesh.config.notes import notes
from clew.mesh.config.telemetry import ZipkinTelemeter
from clew.mesh.config.tls import AutoClientTls, AutoServerTls
from clew.mesh.naming.path import Path

EXAMPLES = File(__file__).parents[2] / "examples/kubernetes"
VERSIONS = ("1.31", "1.37")
CHOICE_NAMES = ("defaults", "everything else", "on a server")
CHOICES = [
    Options(),
    Options(
        namespace="tracing",
        image="registry.example/clew@sha256:" + "0123" * 16,
        outgoing_port=5140,
        incoming_port=5141,
        admin_port=5990,
        service_type="LoadBalancer",
        host_network=True,
        tls="auto",
        collector="zipkin.example:9412",
        sample_rate=0.01,
        storage="2Ti",
        storage_class="fast",
    ),
    Options(store="clickhouses://clew@ch.example:9440/spans?cluster=main", store_secret="of-spans"),
]


def objects(part: str, options: Options | None = None) -> list[dict[str, Any]]:
    return [each for each in yaml.safe_load_all(render(part, options or Options())) if each]


def the(kind: str, name: str, options: Options | None = None) -> dict[str, Any]:
    (found,) = (
        each
        for each in objects("all", options)
        if (each["kind"], each["metadata"]["name"]) == (kind, name)
    )
    return found


def pods(options: Options) -> Iterator[dict[str, Any]]:
    for each in objects("all", options):
        if each["kind"] in ("DaemonSet", "StatefulSet", "Deployment"):
            yield each["spec"]["template"]["spec"]


def linker(options: Options) -> Linker:
    return read_linker(the("ConfigMap", "l5d-config", options)["data"]["config.yaml"], "mesh.yml")


@pytest.mark.parametrize("part", [*PARTS, *ASIDE])
def test_the_examples_are_what_is_printed(part: str) -> None:
    assert (EXAMPLES / f"{part}.yml").read_text() == render(part, Options())


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("options", CHOICES, ids=CHOICE_NAMES)
def test_kubernetes_knows_every_field(options: Options, version: str) -> None:
    for each in [*objects("all", options), *objects("check", options)]:
        kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.parametrize("options", CHOICES, ids=CHOICE_NAMES)
def test_the_linker_file_is_one_and_every_key_of_it_counts(options: Options) -> None:
    read = linker(options)
    assert notes(read) == ()
    assert [server.port for router in read.routers for server in router.servers] == [
        options.outgoing_port,
        options.incoming_port,
    ]
    (zipkin,) = (each for each in read.telemetry if isinstance(each, ZipkinTelemeter))
    assert (zipkin.host, zipkin.port) == options.collector_place
    assert zipkin.sample_rate == options.sample_rate
    transformers = [router.interpreter.transformers[0] for router in read.routers]
    assert [getattr(each, "host_network", None) for each in transformers] == [
        options.host_network
    ] * 2


def test_the_mesh_can_validate_its_manifest() -> None:
    (text,) = linker_texts(render("mesh", Options()), "mesh.yml")
    assert len(read_linker(text, "mesh.yml").routers) == 2


@pytest.mark.parametrize("options", CHOICES, ids=CHOICE_NAMES)
def test_containers_have_no_privileges(options: Options) -> None:
    seen = 0
    for pod in pods(options):
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            seen += 1
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert container["image"] == options.image
            assert set(container["resources"]) == {"requests", "limits"}
            assert "readinessProbe" in container
    assert seen == 4


def test_only_the_mesh_may_ask_the_api_and_only_for_what_it_reads() -> None:
    asking = [pod for pod in pods(Options()) if pod.get("automountServiceAccountToken", True)]
    assert [pod["serviceAccountName"] for pod in asking] == ["l5d"]
    assert the("Role", "l5d")["rules"] == [
        {
            "apiGroups": ["discovery.k8s.io"],
            "resources": ["endpointslices"],
            "verbs": ["list", "watch"],
        },
        {"apiGroups": [""], "resources": ["services"], "verbs": ["list", "watch"]},
    ]
    assert not any(each["kind"].startswith("ClusterRole") for each in objects("all"))


@pytest.mark.parametrize(
    ("step", "server", "client"),
    [
        ("", None, None),
        ("accept", AutoServerTls(permissive=True), None),
        ("send", AutoServerTls(permissive=True), AutoClientTls()),
        ("auto", AutoServerTls(), AutoClientTls()),
    ],
)
def test_every_step_to_tls_goes_with_the_one_before_it(
    step: str, server: AutoServerTls | None, client: AutoClientTls | None
) -> None:
    read = linker(Options(tls=step, namespace="tracing"))
    outgoing, incoming = read.routers
    assert [outgoing.servers[0].tls, incoming.servers[0].tls] == [None, server]
    anyone = Path.read("/%/io.l5d.k8s.daemonset/tracing/incoming/l5d/#/io.l5d.k8s/tracing/http/a")
    assert [router.client.at(anyone).tls for router in read.routers] == [client, None]
    if server is not None:
        assert read.authority == SecretAuthority(namespace="tracing")


def test_with_tls_the_mesh_may_use_one_secret_which_is_empty_until_then() -> None:
    secret = the("Secret", SECRET, Options(tls="auto"))
    assert not {"data", "stringData"} & secret.keys()
    rules = the("Role", "l5d", Options(tls="auto"))["rules"]
    assert [rule for rule in rules if "secrets" in rule["resources"]] == [
        {
            "apiGroups": [""],
            "resources": ["secrets"],
            "resourceNames": [SECRET],
            "verbs": ["get", "list", "watch", "update"],
        }
    ]
    assert not [each for each in objects("all") if each["kind"] == "Secret"]


def test_selectors_find_their_pods() -> None:
    labels = [
        each["spec"]["template"]["metadata"]["labels"]
        for each in objects("all")
        if each["kind"] in ("DaemonSet", "StatefulSet", "Deployment")
    ]
    for each in objects("all"):
        spec = each.get("spec", {})
        chosen = spec.get("selector", spec.get("podSelector"))
        if chosen is not None:
            wanted = chosen.get("matchLabels", chosen)
            assert sum(wanted.items() <= have.items() for have in labels) == 1, each


def test_there_is_time_to_drain() -> None:
    spec = the("DaemonSet", "l5d")["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    pause = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    grace = linker(Options()).admin.shutdown_grace_ms / 1000
    assert spec["terminationGracePeriodSeconds"] > pause + grace


def test_probes_end_what_hangs_and_not_what_waits() -> None:
    """A full disk, an API server that is away or a router that waits take traffic away only."""
    for kind, name, ready, alive in (
        ("DaemonSet", "l5d", "/admin/ping", "/admin/ping?alive"),
        ("StatefulSet", "zipkin", "/health", "/info"),
    ):
        (container,) = the(kind, name)["spec"]["template"]["spec"]["containers"]
        paths = {
            probe: container[probe]["httpGet"]["path"]
            for probe in ("startupProbe", "readinessProbe", "livenessProbe")
        }
        assert paths == {"startupProbe": alive, "readinessProbe": ready, "livenessProbe": alive}


def test_apps_find_the_mesh_by_the_address_of_their_node() -> None:
    spec = the("Deployment", "hello")["spec"]["template"]["spec"]
    env = {each["name"]: each for each in spec["containers"][0]["env"]}
    assert env["HOST_IP"]["valueFrom"] == {"fieldRef": {"fieldPath": "status.hostIP"}}
    assert env["http_proxy"]["value"] == "$(HOST_IP):4140"
    names = [each["metadata"]["name"] for each in objects("all") if each["kind"] == "Service"]
    assert "world" not in names


def test_the_check_sees_what_the_mesh_sees() -> None:
    (job,) = objects("check")
    spec = job["spec"]["template"]["spec"]
    assert spec["serviceAccountName"] == "l5d"
    (container,) = spec["containers"]
    assert container["args"] == ["check", "--traces=http://zipkin-collector.default.svc:9411"]
    fields = {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in container["env"]}
    assert fields["NODE_NAME"] == "spec.nodeName"
    _, elsewhere = objects("check", CHOICES[1])
    (container,) = elsewhere["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["check", "--outgoing-port=5140"]


def test_on_the_network_of_the_node() -> None:
    spec = the("DaemonSet", "l5d", CHOICES[1])["spec"]["template"]["spec"]
    assert (spec["hostNetwork"], spec["dnsPolicy"]) == (True, "ClusterFirstWithHostNet")
    assert [port["hostPort"] for port in spec["containers"][0]["ports"]] == [5140, 5141, 5990]


def test_spans_leave_room_on_the_volume() -> None:
    (container,) = the("StatefulSet", "zipkin")["spec"]["template"]["spec"]["containers"]
    assert "--max-disk=8589MB" in container["args"]
    claim = the("StatefulSet", "zipkin", CHOICES[1])["spec"]["volumeClaimTemplates"][0]["spec"]
    assert claim["storageClassName"] == "fast"
    assert claim["resources"] == {"requests": {"storage": "2Ti"}}


def test_on_a_server_there_are_two_without_a_volume() -> None:
    options = CHOICES[2]
    spec = the("Deployment", "zipkin", options)["spec"]
    assert spec["replicas"] == 2
    pod = spec["template"]["spec"]
    assert all(set(volume) == {"name", "emptyDir"} for volume in pod["volumes"])
    (container,) = pod["containers"]
    assert container["args"][-2:] == [f"--store={options.store}", "--spool=/data/spool"]
    [password] = container["env"]
    assert password["name"] == "CLICKHOUSE_PASSWORD"
    secret = password["valueFrom"]["secretKeyRef"]
    assert (secret["name"], secret["key"]) == ("of-spans", "password")


def test_on_a_server_spans_are_taken_while_it_is_away() -> None:
    (container,) = the("Deployment", "zipkin", CHOICES[2])["spec"]["template"]["spec"]["containers"]
    probes = [container[f"{when}Probe"] for when in ("startup", "readiness", "liveness")]
    assert {probe["httpGet"]["path"] for probe in probes} == {"/info"}


@pytest.mark.parametrize(("options", "lets_out"), [(CHOICES[0], False), (CHOICES[2], True)])
def test_the_traces_reach_nobody_but_a_server(options: Options, lets_out: bool) -> None:
    spec = the("NetworkPolicy", "zipkin", options)["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    ports = [port for rule in spec["egress"] for port in rule["ports"]]
    assert ({"protocol": "TCP"} in ports, bool(ports)) == (lets_out, lets_out)


def test_everything_is_in_the_namespace() -> None:
    first, *rest = objects("all", Options(namespace="tracing"))
    assert (first["kind"], first["metadata"]["name"]) == ("Namespace", "tracing")
    assert {each["metadata"]["namespace"] for each in rest} == {"tracing"}
    assert objects("all")[0]["kind"] != "Namespace"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(namespace="Upper"), "--namespace: 'Upper' is no name"),
        (Options(image=""), "--image: '' is no image"),
        (Options(image="a b"), "--image: 'a b' is no image"),
        (Options(image="http://registry.example/clew:1"), "--image: 'http://registry.example/"),
        (Options(image="Clew:1"), "--image: 'Clew:1' is no image"),
        (Options(image="clew:"), "--image: 'clew:' is no image"),
        (Options(image="clew:1:2"), "--image: 'clew:1:2' is no image"),
        (Options(storage="10GB"), "--storage: '10GB' is no size (such as 10Gi; 100Mi at least)"),
        (Options(storage="1Mi"), "--storage: '1Mi' is no size"),
        (Options(storage_class="Fast one"), "--storage-class: 'Fast one' is no name"),
        (Options(sample_rate=math.nan), "--sample-rate: nan is not between 0 and 1"),
        (Options(collector="zipkin"), "--collector: 'zipkin' is no host and port"),
        (Options(collector="zipkin:0"), "--collector: 'zipkin:0' is no host and port"),
        (Options(collector="zipkin:65536"), "--collector: 'zipkin:65536' is no host and port"),
        (Options(collector="a\nb:1"), "--collector: "),
        (Options(store="ch:8123"), "--store: 'ch:8123' is no server, or has a password"),
        (Options(store="clickhouse://u:pw@ch"), "--store: 'clickhouse://u:pw@ch' is no server"),
        (Options(store="clickhouse://ch", store_secret="A"), "--store-secret: 'A' is no name"),
        (Options(store="clickhouse://ch?x=y"), "--store: 'x' is no option"),
        (Options(admin_port=4140), "two ports of the mesh are the same"),
    ],
)
def test_options_that_make_no_manifest(options: Options, said: str) -> None:
    with pytest.raises(ClewError) as error:
        render("all", options)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    "options",
    [
        Options(image="localhost:5000/team/clew"),
        Options(image="Registry.Example:443/team/my-clew__2:V1.0-rc_1"),
        Options(image=f"clew@sha256:{'0a' * 32}"),
        Options(image=f"[::1]:5000/clew:1@sha256:{'0a' * 32}"),
        Options(storage="100Mi", storage_class="ssd.example.com"),
        Options(collector="zipkin:1"),
        Options(collector="zipkin:65535"),
        Options(store="clickhouse://ch", store_secret="of.clickhouse"),
        Options(outgoing_port=80),
    ],
)
def test_options_that_make_one(options: Options) -> None:
    assert objects("all", options)
