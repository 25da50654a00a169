from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from clew.cli.install import command
from clew.install.chart import chart
from clew.install.options import InstallError, Options
from clew.install.render import render
from clew.install.upgrade.documents import UpgradeError


def test_prints_everything_by_default() -> None:
    done = CliRunner().invoke(command, [])
    assert (done.exit_code, done.stdout) == (0, render("all", Options()))


def test_options_reach_the_manifests() -> None:
    flags = ["mesh", "--namespace=x", "--image=i:1", "--outgoing-port=1", "--host-network"]
    done = CliRunner().invoke(command, [*flags, "--service-type=NodePort", "--sample-rate=0.5"])
    assert done.exit_code == 0, done.output
    assert done.stdout == render(
        "mesh",
        Options(
            namespace="x",
            image="i:1",
            outgoing_port=1,
            host_network=True,
            service_type="NodePort",
            sample_rate=0.5,
        ),
    )


def test_a_wrong_option_prints_nothing() -> None:
    done = CliRunner().invoke(command, ["--storage=much"])
    assert isinstance(done.exception, InstallError)
    assert done.stdout == ""


OLD = """\
apiVersion: apps/v1beta1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
"""


def test_an_old_manifest_is_printed_anew_and_the_changes_told_beside_it() -> None:
    done = CliRunner().invoke(command, ["--upgrade-from=-", "--image=i:1"], input=OLD)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("apiVersion: apps/v1\nkind: Deployment\n")
    assert done.stderr == "<stdin>:1: Deployment web: apiVersion apps/v1beta1 is now apps/v1\n"


def test_a_manifest_of_today_stays_as_it_is() -> None:
    today = render("all", Options())
    done = CliRunner().invoke(command, ["--upgrade-from=-"], input=today)
    assert (done.stdout, done.stderr) == (today, "<stdin>: nothing had to be changed\n")


@pytest.mark.parametrize("more", [["mesh"], ["--namespace=x"], ["--host-network"]])
def test_what_the_old_manifest_says_is_not_chosen_again(more: list[str]) -> None:
    done = CliRunner().invoke(command, ["--upgrade-from=-", *more], input=OLD)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--upgrade-from goes with --image alone" in done.stderr


def test_a_chart_is_written_with_the_options_as_its_values(tmp_path: Path) -> None:
    directory = tmp_path / "charts/clew"
    done = CliRunner().invoke(command, [f"--chart={directory}", "--image=i:1"])
    assert (done.exit_code, done.stdout) == (0, "")
    files = chart(Options(image="i:1"))
    assert {name: (directory / name).read_text() for name in files} == files


@pytest.mark.parametrize(
    "more", [["mesh"], ["--namespace=x"], ["--upgrade-from=-"], ["--config=-"]]
)
def test_a_chart_has_all_parts_in_whatever_namespace(tmp_path: Path, more: list[str]) -> None:
    done = CliRunner().invoke(command, [f"--chart={tmp_path / 'clew'}", *more], input=OLD)
    assert done.exit_code == 2
    assert "--chart has all parts" in done.stderr
    assert not (tmp_path / "clew").exists()


def test_a_chart_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "clew").touch()
    done = CliRunner().invoke(command, [f"--chart={tmp_path / 'clew' / 'chart'}"])
    assert isinstance(done.exception, InstallError)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "old.yml"
    file.write_bytes(b"\xff\xfe")
    done = CliRunner().invoke(command, [f"--upgrade-from={file}"])
    assert isinstance(done.exception, UpgradeError)
    assert done.stdout == ""


LINKER = """\
admin: {ip: 0.0.0.0}
namers: [{kind: io.l5d.fs, rootDir: disco}, {kind: io.l5d.k8s.ns, envVar: ZONE}]
routers:
- protocol: http
  servers: [{port: 4140, ip: 0.0.0.0}, {port: 4141}]
"""


def test_a_linker_file_is_installed_and_what_it_lacks_is_told_beside_it() -> None:
    done = CliRunner().invoke(command, ["mesh", "--config=-"], input=LINKER)
    assert done.exit_code == 0, done.output
    assert done.stdout == render("mesh", Options(config=LINKER))
    assert done.stderr.splitlines() == [
        "-: router http listens on 127.0.0.1:4141, which only its own pod reaches: "
        "write ip: 0.0.0.0",
        "-: namers[0] io.l5d.fs needs the directory disco: add a volume to the DaemonSet",
        "-: namers[1] io.l5d.k8s.ns needs ZONE: add it to the DaemonSet, from metadata.namespace",
    ]


def test_pods_do_not_share_a_directory_of_what_they_trust() -> None:
    secured = LINKER.replace("port: 4141", "port: 4141, ip: 0.0.0.0, tls: auto")
    done = CliRunner().invoke(command, ["mesh", "--config=-"], input=secured)
    assert "-: authority is a directory, which pods do not share: write " in done.stderr
    there = "authority: {kind: io.clew.k8s, namespace: default}\n"
    done = CliRunner().invoke(command, ["mesh", "--config=-"], input=there + secured)
    assert "authority" not in done.stderr
    assert "kind: Secret" in done.stdout


def test_the_linker_file_may_be_that_of_an_old_manifest() -> None:
    manifest = render("mesh", Options(config=LINKER))
    done = CliRunner().invoke(command, ["mesh", "--config=-"], input=manifest)
    assert yaml.safe_load(the_config(done.stdout)) == yaml.safe_load(LINKER)


def the_config(manifest: str) -> str:
    (config,) = (
        each for each in yaml.safe_load_all(manifest) if each and each["kind"] == "ConfigMap"
    )
    return str(config["data"]["config.yaml"])


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--config=-"], "--config goes with mesh or check: clew install mesh --config FILE"),
        (["traces", "--config=-"], "--config goes with mesh or check"),
        (["mesh", "--config=-", "--admin-port=1"], "--admin-port: the file of --config says it"),
        (["mesh", "--config=-", "--upgrade-from=-"], "--upgrade-from goes with --image alone"),
    ],
)
def test_what_does_not_go_with_a_linker_file(flags: list[str], said: str) -> None:
    done = CliRunner().invoke(command, flags, input=LINKER)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--store=clickhouse://ch", "--storage=5Gi"], "--storage is of the volume that --store"),
        (
            ["traces", "--store=clickhouse://ch", "--storage-class=fast"],
            "--storage-class is of the volume that --store",
        ),
        (["--store-secret=mine"], "--store-secret goes with --store"),
    ],
)
def test_what_does_not_go_with_a_place_for_spans(flags: list[str], said: str) -> None:
    done = CliRunner().invoke(command, flags)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_port_that_nodes_keep_for_root_is_told() -> None:
    done = CliRunner().invoke(command, ["--host-network", "--outgoing-port=80"])
    assert done.exit_code == 0
    assert done.stderr == (
        "port 80 of a node is for root, which the mesh is not: take one from 1024 on, or set "
        "net.ipv4.ip_unprivileged_port_start on every node\n"
    )
    for flags in (["--outgoing-port=80"], ["--host-network"], ["demo", "--host-network"]):
        assert CliRunner().invoke(command, flags).stderr == ""


def test_namerd_is_not_installed_as_a_mesh() -> None:
    namerd = "storage: {kind: io.l5d.inMemory}\ninterfaces: [{kind: io.l5d.httpController}]\n"
    done = CliRunner().invoke(command, ["mesh", "--config=-"], input=namerd)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "- is of namerd: --config takes the linker file of a mesh" in done.stderr
