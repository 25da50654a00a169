from __future__ import annotations

from click.testing import CliRunner

from clew.cli.install import command
from clew.install.options import InstallError, Options
from clew.install.render import render


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
