"""The example for Kustomize patches what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from clew.install.options import Options
from clew.install.render import PARTS, render

EXAMPLES = Path(__file__).parents[2] / "examples"


def kustomization(directory: str) -> dict[str, Any]:
    text = (EXAMPLES / directory / "kustomization.yaml").read_text()
    read: dict[str, Any] = yaml.safe_load(text)
    return read


OVERLAY = kustomization("kustomize")
OBJECTS = {
    (each["kind"], each["metadata"]["name"]): each
    for each in yaml.safe_load_all(render("all", Options()))
    if each
}


def test_the_base_is_everything() -> None:
    assert kustomization("kubernetes")["resources"] == [f"{part}.yml" for part in PARTS]
    assert OVERLAY["resources"] == ["../kubernetes"]


def test_patches_change_what_is_there_and_add_what_is_not() -> None:
    for patch in OVERLAY["patches"]:
        object: Any = OBJECTS[patch["target"]["kind"], patch["target"]["name"]]
        for change in yaml.safe_load(patch["patch"]):
            *parents, last = change["path"].lstrip("/").split("/")
            place = object
            for key in parents:
                place = place[int(key) if isinstance(place, list) else key]
            there = int(last) < len(place) if isinstance(place, list) else last in place
            assert there is (change["op"] == "replace"), change


def test_the_room_for_spans_is_that_of_the_larger_volume() -> None:
    (traces,) = (each for each in OVERLAY["patches"] if each["target"]["name"] == "zipkin")
    changes = {each["path"]: each["value"] for each in yaml.safe_load(traces["patch"])}
    size = changes["/spec/volumeClaimTemplates/0/spec/resources/requests/storage"]
    path = "/spec/template/spec/containers/0/args/4"
    args = OBJECTS["StatefulSet", "zipkin"]["spec"]["template"]["spec"]["containers"][0]["args"]
    assert args[4] == f"--max-disk={Options().max_disk}"
    assert changes[path].rstrip("GB") == f"--max-disk={Options(storage=size).max_disk[:-5]}"


def test_images_and_replicas_are_those_of_the_base() -> None:
    (image,) = OVERLAY["images"]
    assert Options().image.partition(":")[0] == image["name"]
    assert all(("Deployment", each["name"]) in OBJECTS for each in OVERLAY["replicas"])
