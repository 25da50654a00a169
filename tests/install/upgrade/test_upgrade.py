from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from clew.install.upgrade.documents import UpgradeError
from clew.install.upgrade.upgrade import Upgraded, upgrade

OLD = Path(__file__).parents[1] / "old"
CASES = sorted(file for file in OLD.glob("*.yml") if not file.name.endswith(".new.yml"))
IMAGE = "registry.example/clew:9"


def upgraded(file: Path) -> Upgraded:
    return upgrade(file.read_text(), file.name, IMAGE)


@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.stem))
def test_what_becomes_of_an_old_manifest_and_what_is_said(file: Path) -> None:
    """Of each there is FILE.new.yml, and FILE.said."""
    done = upgraded(file)
    assert done.text == file.with_suffix(".new.yml").read_text()
    assert list(done.changes) == file.with_suffix(".said").read_text().splitlines()


@pytest.mark.parametrize("version", ["1.31", "1.37"])
@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.stem))
def test_kubernetes_knows_every_field_of_the_new(file: Path, version: str) -> None:
    for each in yaml.safe_load_all(upgraded(file).text):
        for item in (each or {}).get("items", [each]):
            if item:
                kubernetes_validate.validate(item, version, strict=True)


@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.stem))
def test_the_new_is_not_old(file: Path) -> None:
    new = upgraded(file).text
    again = upgrade(new, "new.yml", IMAGE)
    assert (again.text, again.changes) == (new, ())


def test_a_linker_file_stays_to_the_byte() -> None:
    old = (OLD / "mesh.yml").read_text()
    config = old[old.index("apiVersion: v1") : old.index("---\n# one on each")]
    assert config in upgraded(OLD / "mesh.yml").text


@pytest.mark.parametrize(
    ("object", "said"),
    [
        ("kind: ThirdPartyResource", "no Kubernetes has this kind any more: take it out"),
        (
            "{apiVersion: example/v1beta1, kind: Shop}",
            "apiVersion example/v1beta1 is left as it is: see kubectl explain shop",
        ),
        (
            "{apiVersion: apps/v1beta1, kind: StatefulSet, spec: {selector: {}}}",
            "spec.serviceName is needed: name its headless Service",
        ),
        (
            "{apiVersion: apps/v1beta1, kind: Deployment}",
            "spec.selector is needed, and the pods have no labels: give both",
        ),
        (
            "{kind: Pod, spec: {containers: [{image: b/buoyantio/helloworld, command: [-c, x]}]}}",
            "the command is a script: run `clew helloworld` by it",
        ),
    ],
)
def test_what_a_person_has_to_do(object: str, said: str) -> None:
    *_, last = upgrade(object, "f.yml", IMAGE).changes
    assert last.partition(": ")[2].partition(": ")[2] == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.yml: there is no Kubernetes object in it"),
        ("# nothing\n---\n", "f.yml: there is no Kubernetes object in it"),
        ("kind: Pod\n---\n\na: [\n", "f.yml:5: this is not YAML"),
        ("kind: Pod\n---\nrouters: []\n", "f.yml:3: this is no Kubernetes object"),
        ("kind: Pod\nspec: {containers: [1]}\n", "f.yml:1: Pod is not formed as Kubernetes"),
        ("\x00", "f.yml: this is not YAML"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UpgradeError) as error:
        upgrade(text, "f.yml", IMAGE)
    assert str(error.value).startswith(said)


KEYS = (
    *("spec", "template", "metadata", "labels", "selector", "containers", "image", "args", "env"),
    *("rules", "http", "paths", "backend", "resources", "apiGroups", "roleRef"),
)
VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["buoyantio/linkerd", "proxy", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)
KINDS = st.sampled_from(["DaemonSet", "Ingress", "Role", "RoleBinding", "Pod", "List"])


@given(KINDS, st.dictionaries(st.sampled_from(["spec", "rules", "metadata"]), VALUES))
def test_fields_of_any_type_are_read_or_refused(kind: str, fields: dict[str, Any]) -> None:
    with contextlib.suppress(UpgradeError):
        upgrade(yaml.safe_dump({"kind": kind, **fields}), "f.yml", IMAGE)
