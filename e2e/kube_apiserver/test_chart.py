"""The real Helm and the real Kustomize make of our files what ``clew install`` prints."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.install.test_render import CHOICE_NAMES, CHOICES

from clew.install.chart import VALUES
from clew.install.options import Options
from clew.install.render import render

EXAMPLES = Path(__file__).parents[2] / "examples"
CHART = EXAMPLES / "helm/clew"
Objects = dict[tuple[str, str], dict[str, Any]]


def run(tool: str, *words: str) -> subprocess.CompletedProcess[str]:
    assert tool in os.environ, "run: make e2e-kubernetes"
    return subprocess.run(
        [os.environ[tool], *words], capture_output=True, text=True, check=False, timeout=60
    )


def template(options: Options) -> subprocess.CompletedProcess[str]:
    chosen = [
        f"--set-json={each.name}={json.dumps(getattr(options, each.option))}" for each in VALUES
    ]
    return run("HELM", "template", "it", str(CHART), f"--namespace={options.namespace}", *chosen)


def objects(text: str) -> Objects:
    """By kind and name; linker files as what they say, for Helm writes the number 1.0 as 1."""
    found: Objects = {}
    for each in filter(None, yaml.safe_load_all(text)):
        if each["kind"] == "ConfigMap":
            each["data"] = {name: yaml.safe_load(entry) for name, entry in each["data"].items()}
        found[each["kind"], each["metadata"]["name"]] = each
    return found


@pytest.mark.parametrize("options", CHOICES, ids=CHOICE_NAMES)
def test_helm_makes_what_is_printed(options: Options) -> None:
    made = template(options)
    assert made.returncode == 0, made.stderr
    printed = objects(render("all", options))
    printed.pop(("Namespace", options.namespace), None)
    assert objects(made.stdout) == printed


def test_helm_finds_nothing_wrong_with_the_chart() -> None:
    linted = run("HELM", "lint", "--strict", str(CHART))
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize(
    "options",
    [
        Options(storage="10GB"),
        Options(collector="zipkin"),
        Options(image=""),
        Options(sample_rate=2),
    ],
)
def test_helm_refuses_what_clew_install_refuses(options: Options) -> None:
    made = template(options)
    assert made.returncode == 1
    assert "values don't meet the specifications of the schema" in made.stderr


def test_kustomize_patches_what_is_printed() -> None:
    made = run("KUSTOMIZE", "build", str(EXAMPLES / "kustomize"))
    assert made.returncode == 0, made.stderr
    patched, printed = objects(made.stdout), objects(render("all", Options()))
    assert patched.keys() == printed.keys()
    changed = {name for kind, name in printed if patched[kind, name] != printed[kind, name]}
    assert changed == {"l5d", "zipkin", "hello", "world-v1"}
    claim = patched["StatefulSet", "zipkin"]["spec"]["volumeClaimTemplates"][0]["spec"]
    assert claim["storageClassName"] == "fast"
